/* The durable queue: a scan is written here before it is sent, and leaves only when the server has answered it.
   It is keyed by a running number, never by the operation id, because the order of scans is the order of events. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});
  const STORE = "scans";

  const asPromise = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  const openDatabase = () => {
    const request = indexedDB.open("desk", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "seq", autoIncrement: true });
    return asPromise(request);
  };

  /* Complete means on the disk: the promise of `add` waits for the transaction and not only for the request. */
  const inDatabase = (database) => {
    const store = (mode) => database.transaction(STORE, mode, { durability: "strict" }).objectStore(STORE);
    const write = (work) => new Promise((resolve, reject) => {
      const target = store("readwrite");
      const request = work(target);
      target.transaction.oncomplete = () => resolve(request.result);
      target.transaction.onerror = target.transaction.onabort = () => reject(target.transaction.error);
    });
    return {
      add: async (scan) => ({ ...scan, seq: await write((target) => target.add(scan)) }),
      all: () => asPromise(store("readonly").getAll()),
      put: (scan) => write((target) => target.put(scan)),
      remove: (seq) => write((target) => target.delete(seq)),
    };
  };

  /* Private windows and old browsers without IndexedDB. */
  const inLocalStorage = () => {
    const read = () => JSON.parse(localStorage.getItem(STORE) || "[]");
    const write = (scans) => localStorage.setItem(STORE, JSON.stringify(scans));
    return {
      add: async (scan) => {
        const seq = Number(localStorage.getItem("seq") || 0) + 1;
        localStorage.setItem("seq", String(seq));
        write([...read(), { ...scan, seq }]);
        return { ...scan, seq };
      },
      all: async () => read(),
      put: async (scan) => write(read().map((one) => (one.seq === scan.seq ? scan : one))),
      remove: async (seq) => write(read().filter((scan) => scan.seq !== seq)),
    };
  };

  Desk.openQueue = async () => {
    try {
      return inDatabase(await openDatabase());
    } catch {
      return inLocalStorage();
    }
  };

  Desk.newId = () => (crypto.randomUUID ? crypto.randomUUID()
    : "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
      (Number(digit) ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (Number(digit) / 4)))).toString(16)));
})();
