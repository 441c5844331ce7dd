/* The desk: one field, local first. Without this script the same form posts to the same address. */
(() => {
  "use strict";
  const Desk = window.Desk || {};
  const root = document.querySelector("[data-desk]");
  if (!root || !window.fetch || !window.Promise) return;

  const find = (name) => root.querySelector(`[data-${name}]`);
  const form = find("scan");
  const field = form.elements.code;
  const words = JSON.parse(root.dataset.words);
  const commands = JSON.parse(root.dataset.commands);
  const named = Object.fromEntries(Object.values(commands).map((command) => [command.name, command]));
  const log = Desk.openLog(find("log"), words);
  const repeats = Desk.repeats();
  const state = Desk.openState(form);
  const opening = Desk.openQueue();
  let sender = { poke: () => {}, again: () => {} };
  let idle = 0;
  let question = null;
  let tail = Promise.resolve();

  const say = (text) => { find("said").textContent = text; };
  const tell = (text, tone) => {
    say(text);
    Desk.sound(tone);
  };

  /* The reader's visit is a chain: each scan names the one before it, and the server reads the reader from there. */
  const closeVisit = () => {
    clearTimeout(idle);
    state.close();
    question = null;
    repeats.forget();
    const bar = find("session");
    bar.className = "session";
    bar.textContent = words.nobody;
    if (state.mode !== "auto") setMode("auto");
  };
  const leaveAlone = () => {
    clearTimeout(idle);
    idle = setTimeout(closeVisit, Desk.IDLE_MS);
  };
  const setMode = (name) => {
    state.setMode(name);
    repeats.forget();
    leaveAlone();
    root.className = `mode-${name}`;
    for (const link of root.querySelectorAll("[data-command]")) {
      if (link.dataset.command === name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    field.placeholder = name === "auto" ? words.scan : named[name].words;
    say(named[name].hint);
  };

  /* Written down first, in the order in which it was scanned, then shown, then sent. `sent` is "all" when nothing is left
     to write or to send. */
  let unwritten = 0;
  let unsent = 0;
  let trouble = { stuck: 0, problem: "" };
  const mark = () => {
    const waiting = unwritten + unsent;
    root.dataset.sent = waiting ? "some" : "all";
    showSync(waiting, trouble.stuck, trouble.problem);
  };
  const keep = (fields, label) => {
    unwritten += 1;
    mark();
    tail = tail.then(async () => {
      try {
        const queue = await opening;
        log.waiting(await queue.add({ fields, label, at: Date.now() }));
        unsent += 1;
        sender.poke();
      } catch {
        tell(words.notKept, "bad");
      }
      unwritten -= 1;
      mark();
    });
  };
  const enqueue = (fields, label) => {
    const { wish, operation_id: id } = fields;
    if (state.after && state.isOver()) closeVisit();
    keep({ ...fields, ...state.sends() }, label);
    state.scanned(id, wish !== "undo");
    question = null;
    leaveAlone();
  };

  const take = (text) => {
    const raw = text.trim().slice(0, 200);
    const code = Desk.normalise(raw);
    field.value = "";
    field.focus();
    if (!code) return;
    if (Desk.holdsIdentity(raw)) tell(words.identity, "bad");
    else if (question && /^[1-9]$/.test(code)) pick(Number(code));
    else if (repeats.isAgain(code, performance.now())) tell(words.again, "again");
    else if (commands[code]) run(commands[code].name);
    else {
      say(Desk.label(code));
      enqueue({ operation_id: Desk.newId(), code: raw }, Desk.label(code));
    }
  };

  /* A button of a line goes the same safe way as a scan. */
  const send = (target) => {
    const fields = Object.fromEntries(new FormData(target));
    // What a person typed, not our own ids: one UUID in 1,600 holds eighteen digits in a row.
    const typed = [...target.elements].filter((one) => one.name && one.type !== "hidden").map((one) => one.value);
    const button = target.querySelector("button");
    if (button.disabled) return;
    if (typed.some(Desk.holdsIdentity)) {
      tell(words.identity, "bad");
      return;
    }
    button.disabled = true;
    if (fields.wish === "undo") state.forget(fields.target);
    enqueue(fields, button.textContent.trim().replace(/^\d\s*/, ""));
    repeats.forget();
    field.focus({ preventScroll: true }); // else the second tap of a double tap meets what has moved under the finger
  };
  /* A barcode of the mat may answer before the question is here: the server knows what the last scan asked. */
  const pick = (number) => {
    const chosen = question && question.querySelector(`[data-choice="${number}"]`);
    const isOnTheWay = state.after && root.dataset.sent === "some";
    if (chosen) chosen.requestSubmit ? chosen.requestSubmit() : send(chosen);
    else if (isOnTheWay) enqueue({ operation_id: Desk.newId(), pick: String(number), target: state.after }, String(number));
    else tell(words.noQuestion, "again");
  };
  /* A scanner that types into a form of ours still scans: nobody is called by digits, and no phone number is a code of ours. */
  const scansInto = (input) => {
    const code = Desk.normalise(input.value);
    return input.name === "phone" ? /^[23569]\d{11}$/.test(code) : /^\d{6,}$/.test(code);
  };

  const finish = () => {
    field.value = "";
    field.focus();
    repeats.forget();
    if (question) {
      question = null;
      say(words.dismissed);
    } else {
      closeVisit();
      say(words.closed);
    }
  };
  const undo = () => {
    repeats.forget();
    const target = state.lastToUndo();
    enqueue({ operation_id: Desk.newId(), wish: "undo", ...(target ? { target } : {}) }, words.undo);
  };
  const print = async () => {
    const link = find("print");
    if (!link) {
      tell(words.noSlip, "again");
      return;
    }
    const response = await fetch(link.href, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!response || !response.ok) {
      tell(words.offline, "bad");
      return;
    }
    const slip = find("slip");
    slip.innerHTML = (await response.json()).slip;
    slip.hidden = false;
    window.print();
    slip.hidden = true;
  };
  const run = (name) => {
    const answers = question && question.querySelector(`[data-does="${name}"]`);
    if (answers) pick(Number(answers.dataset.choice));
    else if (name.startsWith("pick-")) pick(Number(name.slice(5)));
    else if (name === "finish") finish();
    else if (name === "undo") undo();
    else if (name === "print") print();
    else if (name === "boxes") window.location.assign(`/desk/moves?branch=${form.elements.branch.value}#in`);
    else if (name === "stocktake") tell(named[name].hint, "again");
    else setMode(name);
    field.focus();
  };

  /* A scan of another window is shown here too, but it is not this one's to speak of. */
  const answered = (scan, answer) => {
    const id = scan.fields.operation_id;
    const isOurs = log.has(id);
    const entry = log.answered(scan, answer);
    if (!isOurs) return;
    tell(entry.querySelector(".said").textContent.replace(/\s+/g, " ").trim(), answer.tone);
    if (!answer.changes) state.forget(id);
    if (!state.isMarked(id)) return;
    if (answer.session) find("session").outerHTML = answer.session;
    if (answer.problem === undefined && !answer.open) state.close();
    question = answer.asks ? entry : null;
    const first = entry.querySelector("[data-register] [name=name]");
    if (first && document.activeElement === field && !field.value) first.focus();
  };

  const changed = (waiting, stuck, problem) => {
    unsent = waiting;
    trouble = { stuck, problem };
    mark();
  };
  const showSync = (waiting, stuck, problem) => {
    const strip = find("sync");
    const states = { "sign-in": words.signIn, "not-here": words.notHere };
    strip.classList.toggle("behind", Boolean(problem) || stuck > 0);
    const text = problem ? states[problem] || words.offline : words.online;
    find("state").textContent = waiting ? `${text} · ${words.pending} ${waiting}` : text;
    find("trouble").hidden = !stuck;
    find("trouble").textContent = stuck ? `${words.stuck} ${stuck}` : "";
    find("sign-in").hidden = problem !== "sign-in" && problem !== "not-here";
    find("again").hidden = !stuck && !problem;
    find("ways").hidden = find("sign-in").hidden && find("again").hidden;
  };
  /* Returns what the server says of a scan: {status, answer}, status 0 without a network. */
  const ask = async (id) => {
    try {
      const response = await fetch(`/desk/scans/${id}`, { headers: { Accept: "application/json" } });
      return { status: response.status, answer: await response.json() };
    } catch {
      return { status: 0, answer: null };
    }
  };
  /* A scan of ours that another window has sent: its line is asked for. The queue is read last, so that a scan written
     down this moment is among it. */
  const settled = async () => {
    const ids = log.waitingIds();
    if (!ids.length) return;
    const still = new Set((await (await opening).all()).map((scan) => scan.fields.operation_id));
    for (const id of ids.filter((one) => !still.has(one))) {
      const { status, answer } = await ask(id);
      const scan = { fields: { operation_id: id }, label: "" };
      if (status === 200) answered(scan, answer);
      else if (status === 404) answered(scan, { problem: words.notDone, tone: "bad" });
    }
  };
  /* After a reload the visit goes on, and its bar is drawn again. */
  const restore = async () => {
    const id = state.after;
    if (!id) return;
    const { status, answer } = await ask(id);
    if (status !== 200 || !state.isMarked(id)) return;
    find("session").outerHTML = answer.session;
    if (!answer.open) state.close();
  };

  const silence = () => {
    const button = find("silent");
    const isSilent = localStorage.getItem("desk-silent") === "yes";
    button.hidden = false;
    button.setAttribute("aria-pressed", String(isSilent));
    button.querySelector("span").textContent = isSilent ? words.soundOff : words.soundOn;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(field.value);
  });
  root.addEventListener("submit", (event) => {
    if (event.target === form || !event.target.matches("[data-queued]")) return;
    event.preventDefault();
    send(event.target);
  });
  root.addEventListener("keydown", (event) => {
    const input = event.target;
    if (event.key !== "Enter" || event.isComposing || input === field || !input.closest("[data-queued]")) return;
    if (!Desk.isText(input) || !scansInto(input)) return;
    event.preventDefault();
    const code = input.value;
    input.value = "";
    take(code);
  });
  root.addEventListener("click", (event) => {
    const on = (name) => event.target.closest(`[data-${name}]`);
    const command = on("command") ? on("command").dataset.command : on("print") ? "print" : "";
    if (command || on("close")) event.preventDefault();
    if (command) run(command);
    else if (on("close")) {
      question = null;
      finish();
    } else if (on("again")) sender.again();
    else if (on("silent")) {
      localStorage.setItem("desk-silent", localStorage.getItem("desk-silent") === "yes" ? "no" : "yes");
      silence();
    }
  });
  Desk.listen(field, take);
  Desk.bindKeys(field, commands, {
    run,
    help: () => { find("help").open = !find("help").open; },
    search: () => { field.focus(); say(words.search); },
  });

  const begin = async () => {
    const queue = await opening;
    (await queue.all()).forEach(log.waiting);
    const dropped = ({ fields }) => state.relink(fields.operation_id, fields.after);
    sender = Desk.startSender(queue, form.action, { answered, changed, settled, dropped });
    await tail;
    await sender.poke();
    await restore();
    root.dataset.ready = "yes";
    if (!navigator.storage || !navigator.storage.persist) return;
    root.dataset.kept = (await navigator.storage.persist()) ? "yes" : "no";
  };
  form.noValidate = true;
  if (state.mode !== "auto") setMode(state.mode);
  if (state.after) leaveAlone();
  silence();
  field.focus();
  begin();
})();
