/* Reading scans. What a code means is the server's business: old libraries have barcodes of every shape. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});

  const SAME_WITHIN_MS = 3000;

  /* Half width, upper case, without the scanner's AIM prefix, blanks, hyphens and controls. */
  Desk.normalise = (text) => text.normalize("NFKC").trim().toUpperCase()
    .replace(/^\][A-Z]\d/, "").replace(/[\s\-\u2010-\u2015]+/g, "").replace(/[\u0000-\u001f\u007f]/g, "").slice(0, 64);

  Desk.repeats = () => {
    let last = "";
    let at = -SAME_WITHIN_MS;
    return (code, now) => {
      const again = code === last && now - at < SAME_WITHIN_MS;
      last = code;
      at = now;
      return again;
    };
  };

  /* A wedge scanner types. With a Chinese input method on, `key` is "Process" and letters turn into candidates;
     `code` still names the physical key, so digits are read from there, wherever the focus is. */
  const DIGIT = /^(?:Digit|Numpad)(\d)$/;

  Desk.listen = (field, submit) => {
    let typed = "";
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const composing = event.isComposing || event.key === "Process" || event.keyCode === 229;
      const inField = event.target === field;
      const inOther = !inField && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (inOther || (inField && !composing)) {
        typed = "";
        return;
      }
      const digit = DIGIT.exec(event.code);
      if (digit && !event.shiftKey) {
        typed += digit[1];
        event.preventDefault();
      } else if (event.code === "Enter" || event.code === "NumpadEnter") {
        const code = typed;
        typed = "";
        if (code.length > 3) {
          event.preventDefault();
          submit(code);
        }
      } else if (event.code === "Escape") {
        typed = "";
      }
    });
  };
})();
