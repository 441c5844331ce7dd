/* Sending what the queue holds, one scan after the other and in one window at a time; an answer takes a scan out of it. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});

  const RETRY_FIRST_MS = 1000;
  const RETRY_MOST_MS = 60000;
  const LOOK_EVERY_MS = 30000;
  /* A scan the server fails at so often is set aside, so that the ones behind it need not wait; it is not lost. */
  const MOST_FAILURES = 5;

  const isJson = (response) => (response.headers.get("Content-Type") || "").includes("json");

  const post = async (address, fields) => {
    const response = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(fields),
      credentials: "same-origin",
    });
    const text = await response.text();
    if (response.status === 401) return { again: "sign-in" };
    if (response.status === 403) return { again: "not-here" };
    if (response.status === 500) return { again: "failure" };
    if (response.status === 429 || response.status > 500 || !isJson(response)) return { again: "server" };
    const answer = JSON.parse(text);
    return { answer: response.ok ? answer : { problem: answer.detail || answer.title || String(response.status), tone: "bad" } };
  };

  /* `answered(scan, answer)` is called for each answer, `changed(waiting, stuck, problem)` whenever what waits changes,
     `settled()` when a round is over: another window may have sent some; `dropped(scan)` when a scan never happened. */
  Desk.startSender = (queue, address, { answered, changed, settled, dropped }) => {
    let wait = RETRY_FIRST_MS;
    let timer = 0;
    let heardAt = 0;
    const failures = new Map();

    const tell = async (problem) => {
      const scans = await queue.all();
      changed(scans.filter((scan) => !scan.stuck).length, scans.filter((scan) => scan.stuck).length, problem);
    };
    /* A scan that never happened is no link of the chain: what follows it names the one before. */
    const drop = async (scan) => {
      const { operation_id: id, after } = scan.fields;
      if (Desk.bringsReader(scan.fields)) return;
      for (const next of await queue.all()) {
        if (next.fields.after === id) await queue.put({ ...next, fields: { ...next.fields, after } });
      }
      dropped(scan);
    };
    const fail = async (scan) => {
      const count = (failures.get(scan.seq) || 0) + 1;
      failures.set(scan.seq, count);
      if (count < MOST_FAILURES) return "server";
      await queue.put({ ...scan, stuck: true });
      await drop(scan);
      return "";
    };
    const drain = async () => {
      for (;;) {
        const scan = (await queue.all()).find((one) => !one.stuck);
        if (!scan) return "";
        const { answer, again } = await post(address, scan.fields).catch(() => ({ again: "offline" }));
        if (again !== "offline") heardAt = Date.now();
        if (again) {
          const problem = again === "failure" ? await fail(scan) : again;
          if (problem) return problem;
          continue;
        }
        if (answer.problem) await drop(scan);
        await queue.remove(scan.seq);
        answered(scan, answer);
        await tell("");
      }
    };
    /* `navigator.onLine` only knows of a cable; whether the server answers is found out by asking. */
    const look = async () => {
      try {
        await (await fetch("/healthz", { cache: "no-store" })).text();
      } catch {
        return "offline";
      }
      heardAt = Date.now();
      return "";
    };

    const alone = (work) => (navigator.locks ? navigator.locks.request("desk-sender", work) : work());

    const run = async () => {
      clearTimeout(timer);
      let problem = await alone(drain);
      if (!problem && Date.now() - heardAt >= LOOK_EVERY_MS) problem = await look();
      await tell(problem);
      await settled();
      timer = setTimeout(poke, problem ? wait : LOOK_EVERY_MS);
      wait = problem ? Math.min(wait * 2, RETRY_MOST_MS) : RETRY_FIRST_MS;
    };
    let running = Promise.resolve();
    let isNext = false;
    const poke = () => {
      if (isNext) return running;
      isNext = true;
      const next = () => {
        isNext = false;
        return run();
      };
      running = running.then(next, next);
      return running;
    };
    const again = async () => {
      failures.clear();
      for (const scan of await queue.all()) if (scan.stuck) await queue.put({ ...scan, stuck: false });
      return poke();
    };
    window.addEventListener("online", poke);
    window.addEventListener("offline", () => tell("offline"));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) poke(); });
    return { poke, again };
  };
})();
