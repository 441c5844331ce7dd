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

  const inDatabase = (database) => {
    const store = (mode) => database.transaction(STORE, mode, { durability: "strict" }).objectStore(STORE);
    return {
      add: async (scan) => ({ ...scan, seq: await asPromise(store("readwrite").add(scan)) }),
      all: () => asPromise(store("readonly").getAll()),
      remove: (seq) => asPromise(store("readwrite").delete(seq)),
    };
  };

  /* Private windows and old browsers without IndexedDB. */
  const inLocalStorage = () => {
    const read = () => JSON.parse(localStorage.getItem(STORE) || "[]");
    const write = (scans) => localStorage.setItem(STORE, JSON.stringify(scans));
    return {
      add: async (scan) => {
        const scans = read();
        const seq = Number(localStorage.getItem("seq") || 0) + 1;
        localStorage.setItem("seq", String(seq));
        write([...scans, { ...scan, seq }]);
        return { ...scan, seq };
      },
      all: async () => read(),
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

  const RETRY_FIRST_MS = 2000;
  const RETRY_MOST_MS = 60000;

  /* Sends one scan after the other. `answered(scan, answer)` is called for each answer, `changed(count, problem)`
     whenever what waits changes. One window sends at a time; the others see its work through the shared store. */
  Desk.startSender = (queue, address, answered, changed) => {
    let wait = RETRY_FIRST_MS;
    let timer = 0;

    const send = async (scan) => {
      const response = await fetch(address, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(scan.fields),
        credentials: "same-origin",
      });
      const isJson = (response.headers.get("Content-Type") || "").includes("json");
      if (response.status === 401 || response.status === 403) return { again: "sign-in" };
      if (response.status === 429 || response.status >= 500 || !isJson) return { again: "server" };
      const answer = await response.json();
      return { answer: response.ok ? answer : { problem: answer.detail || answer.title || String(response.status), tone: "bad" } };
    };

    const drain = async () => {
      for (;;) {
        const [scan] = await queue.all();
        if (!scan) return "";
        const { answer, again } = await send(scan).catch(() => ({ again: "offline" }));
        if (again) return again;
        await queue.remove(scan.seq);
        answered(scan, answer);
        changed((await queue.all()).length, "");
      }
    };

    const alone = (work) => (navigator.locks ? navigator.locks.request("desk-sender", work) : work());

    let running = null;
    const run = async () => {
      clearTimeout(timer);
      const problem = await alone(drain);
      wait = problem ? Math.min(wait * 2, RETRY_MOST_MS) : RETRY_FIRST_MS;
      changed((await queue.all()).length, problem);
      if (problem) timer = setTimeout(poke, wait);
    };
    const poke = () => {
      const before = running || Promise.resolve();
      const mine = before.then(run).finally(() => {
        if (running === mine) running = null;
      });
      running = mine;
      return mine;
    };
    window.addEventListener("online", poke);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) poke(); });
    return poke;
  };
})();
