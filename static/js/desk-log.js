/* The log of scans: a line appears when a scan is written down and is replaced by the server's line when it is answered. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});
  const LINES_KEPT = 60;

  Desk.openLog = (list, words) => {
    const line = (id) => list.querySelector(`[data-operation="${id}"]`);

    const element = (tag, className, text) => {
      const made = document.createElement(tag);
      made.className = className;
      made.textContent = text;
      return made;
    };

    const waiting = (scan) => {
      if (line(scan.fields.operation_id)) return;
      const entry = element("li", "waiting", "");
      entry.dataset.operation = scan.fields.operation_id;
      const body = element("div", "", "");
      const text = element("p", "said", `${scan.label} `);
      text.append(element("small", "", words.waiting));
      body.append(text);
      const at = new Date(scan.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
      entry.append(element("span", "spot", "…"), body, element("time", "", at));
      list.prepend(entry);
      while (list.children.length > LINES_KEPT) list.lastElementChild.remove();
    };

    const drawn = (html) => {
      const template = document.createElement("template");
      template.innerHTML = html;
      return template.content.firstElementChild;
    };

    const problem = (scan, text) => {
      const entry = element("li", "bad", "");
      const body = element("div", "", "");
      body.append(element("p", "said", `${scan.label} ${text}`));
      entry.append(element("span", "spot", "!"), body);
      return entry;
    };

    /* What was written into a form that is refused is written again, so that nobody types a name twice. */
    const refill = (entry, fields) => {
      const form = entry.querySelector("[data-register]");
      if (!form || fields.wish !== "register") return;
      for (const name of ["name", "phone", "guardian"]) form.elements[name].value = fields[name] || "";
      form.elements.category.value = fields.category;
      form.elements.consents.checked = Boolean(fields.consents);
    };

    const put = (id, fresh) => {
      const old = line(id);
      if (old) old.replaceWith(fresh);
      return Boolean(old);
    };

    const answered = (scan, answer) => {
      const fresh = answer.line ? drawn(answer.line) : problem(scan, answer.problem);
      if (!put(scan.fields.operation_id, fresh)) list.prepend(fresh);
      for (const [id, html] of Object.entries(answer.others || {})) put(id, drawn(html));
      refill(fresh, scan.fields);
      return fresh;
    };

    const waitingIds = () => [...list.querySelectorAll("li.waiting")].map((entry) => entry.dataset.operation);

    return { waiting, answered, waitingIds, has: (id) => Boolean(line(id)) };
  };
})();
