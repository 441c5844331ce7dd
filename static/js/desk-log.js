/* The log of scans: a line appears when a scan is written down and is replaced by the server's line when it is answered. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});
  const LINES_KEPT = 60;

  Desk.openLog = (list, words) => {
    const line = (scan) => list.querySelector(`[data-operation="${scan.fields.operation_id}"]`);

    const waiting = (scan) => {
      if (line(scan)) return;
      const entry = document.createElement("li");
      entry.className = "waiting";
      entry.dataset.operation = scan.fields.operation_id;
      const spot = document.createElement("span");
      spot.textContent = "…";
      const text = document.createElement("p");
      text.className = "said";
      text.textContent = `${scan.label} `;
      const small = document.createElement("small");
      small.textContent = words.waiting;
      text.append(small);
      const time = document.createElement("time");
      time.textContent = new Date(scan.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
      entry.append(spot, text, time);
      list.prepend(entry);
      while (list.children.length > LINES_KEPT) list.lastElementChild.remove();
    };

    const drawn = (html) => {
      const template = document.createElement("template");
      template.innerHTML = html;
      return template.content.firstElementChild;
    };

    const problem = (scan, text) => {
      const entry = document.createElement("li");
      entry.className = "bad";
      const said = document.createElement("p");
      said.className = "said";
      said.textContent = `${scan.label} ${text}`;
      entry.append(document.createElement("span"), said);
      return entry;
    };

    const answered = (scan, answer) => {
      const fresh = answer.line ? drawn(answer.line) : problem(scan, answer.problem);
      const old = line(scan);
      if (old) old.replaceWith(fresh);
      else list.prepend(fresh);
      return fresh;
    };

    return { waiting, answered };
  };
})();
