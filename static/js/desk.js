/* The desk: one field, local first. Without this script the same form posts to the same address. */
(() => {
  "use strict";
  const Desk = window.Desk || {};
  const root = document.querySelector("[data-desk]");
  if (!root || !window.fetch || !window.Promise) return;

  const IDLE_MS = 60000;
  const form = root.querySelector("[data-scan]");
  const field = form.elements.code;
  const said = root.querySelector("[data-said]");
  const words = JSON.parse(root.dataset.words);
  const log = Desk.openLog(root.querySelector("[data-log]"), words);
  const isAgain = Desk.repeats();
  let queue = null;
  let poke = () => {};
  let idle = 0;
  const early = [];

  const say = (text) => { said.textContent = text; };

  /* The reader's session is a chain: each scan names the one before it, and the server reads the reader from there. */
  const closeSession = () => {
    form.elements.after.value = "";
    showSession("");
    field.focus();
  };
  const stayOpen = () => {
    clearTimeout(idle);
    idle = setTimeout(closeSession, IDLE_MS);
  };
  const showSession = (html) => {
    const bar = root.querySelector("[data-session]");
    if (html) bar.outerHTML = html;
    else {
      bar.classList.remove("open");
      bar.textContent = words.nobody;
    }
  };

  const keep = async (fields, label) => {
    if (!queue) {
      early.push([fields, label]);
      return;
    }
    const scan = await queue.add({ fields, label, at: Date.now() });
    log.waiting(scan);
    changed((await queue.all()).length, "");
    poke();
  };

  const take = (text) => {
    const code = Desk.normalise(text);
    field.value = "";
    field.focus();
    if (!code) return;
    if (isAgain(code, performance.now())) {
      say(words.again);
      Desk.sound("again");
      return;
    }
    say(code);
    const id = Desk.newId();
    const fields = { operation_id: id, code, after: form.elements.after.value, branch: form.elements.branch.value };
    form.elements.after.value = id;
    stayOpen();
    keep(fields, code);
  };

  const answered = (scan, answer) => {
    const entry = log.answered(scan, answer);
    say(entry.querySelector(".said").textContent);
    Desk.sound(answer.tone);
    if (form.elements.after.value === scan.fields.operation_id) {
      if (answer.session) showSession(answer.session);
      if (!answer.open) form.elements.after.value = "";
    }
  };

  const changed = (count, problem) => {
    const strip = root.querySelector("[data-sync]");
    strip.classList.toggle("behind", Boolean(problem));
    const state = problem === "sign-in" ? words.signIn : problem ? words.offline : words.online;
    strip.textContent = count ? `${state} · ${words.pending} ${count}` : state;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(field.value);
  });
  /* Buttons inside the log (which copy, renew, undo) go the same safe way as a scan, for whoever is at the desk now. */
  root.addEventListener("submit", (event) => {
    if (event.target === form || !event.target.matches("[data-queued]")) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    const button = event.target.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    fields.after = form.elements.after.value;
    if (fields.after) form.elements.after.value = fields.operation_id;
    keep(fields, button.textContent.trim());
    field.focus();
  });
  root.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    closeSession();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) closeSession();
  });
  Desk.listen(field, take);

  const begin = async () => {
    queue = await Desk.openQueue();
    const before = await queue.all();
    before.forEach(log.waiting);
    poke = Desk.startSender(queue, form.action, answered, changed);
    for (const [fields, label] of early.splice(0)) await keep(fields, label);
    await poke();
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    root.dataset.ready = "yes";
  };
  form.noValidate = true;
  field.focus();
  begin();
})();
