/* The keys of the desk. Each does what the barcode of the same command on the mat does. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});

  Desk.bindKeys = (field, commands, { run, help, search }) => {
    const byKey = new Map();
    for (const { name, key } of Object.values(commands)) if (/^F\d/.test(key) || key === "Escape") byKey.set(key, name);

    const typesText = (target) => Desk.isText(target) && (target !== field || field.value !== "");

    document.addEventListener("keydown", (event) => {
      if (event.isComposing || event.key === "Process" || event.altKey) return;
      const does = (action) => {
        event.preventDefault();
        if (!event.repeat) action();
      };
      if (event.ctrlKey || event.metaKey) {
        if (event.key.toLowerCase() === "z" && !event.shiftKey && !typesText(event.target)) does(() => run("undo"));
        return;
      }
      if (byKey.has(event.key)) does(() => run(byKey.get(event.key)));
      else if (typesText(event.target)) return;
      else if ("?？".includes(event.key)) does(help);
      else if ("/／".includes(event.key)) does(search);
    });
  };
})();
