/* Reading scans. What a code means is the server's business: old libraries have barcodes of every shape. Only what must
   never be kept is recognised here, before anything is written down. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});

  const SAME_WITHIN_MS = 3000;

  /* Half width, upper case, without the scanner's AIM prefix, blanks, hyphens and controls. */
  Desk.normalise = (text) => text.normalize("NFKC").trim().toUpperCase()
    .replace(/^\][A-Z]\d/, "").replace(/[\s\-\u2010-\u2015]+/g, "").replace(/[\u0000-\u001f\u007f]/g, "");

  /* A resident identity number anywhere in a text; an ISBN with a supplement has as many digits. */
  Desk.holdsIdentity = (text) => /(?:^|\D)(?!97[89])\d{17}[\dX](?!\d)/.test(Desk.normalise(text));

  /* What a line says until the server has answered: a phone number is not shown to bystanders. */
  Desk.label = (code) => (/^1[3-9]\d{9}$/.test(code) ? `${code.slice(0, 3)}****${code.slice(-4)}` : code.slice(0, 40));

  /* What was meant to bring a reader to the desk: if it fails, what follows must not go to the reader before. */
  Desk.bringsReader = ({ code = "", wish = "" }) =>
    wish === "register" || /^(2\d{11}|1[3-9]\d{9})$/.test(Desk.normalise(code));

  /* The same code again within three seconds was scanned once; `forget` lets it be meant again. */
  Desk.repeats = () => {
    let last = "";
    let at = -SAME_WITHIN_MS;
    const isAgain = (code, now) => {
      const again = code === last && now - at < SAME_WITHIN_MS;
      last = code;
      at = now;
      return again;
    };
    return { isAgain, forget: () => { last = ""; } };
  };

  Desk.isText = (element) => element.tagName === "TEXTAREA"
    || (element.tagName === "INPUT" && !/^(radio|checkbox|button|submit|hidden)$/.test(element.type));

  /* A wedge scanner types, wherever the focus is: what is typed outside of text fields goes into ours. With a Chinese
     input method on, `key` is "Process" and `code` still names the physical key, so digits are read from there; while
     somebody composes a word, digits choose among its candidates and are left alone. */
  const DIGIT = /^(?:Digit|Numpad)(\d)$/;

  Desk.listen = (field, submit) => {
    let typed = "";
    const isEnter = (event) => event.code === "Enter" || event.code === "NumpadEnter";
    const collect = (event) => {
      const digit = DIGIT.exec(event.code);
      if (digit && !event.shiftKey) {
        typed += digit[1];
        event.preventDefault();
      } else if (isEnter(event) && typed) {
        const code = typed;
        typed = "";
        event.preventDefault();
        submit(code);
      }
    };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      const elsewhere = event.target !== field;
      if (elsewhere && Desk.isText(event.target)) return;
      if (event.key === "Process" || event.keyCode === 229 || (typed && isEnter(event))) {
        collect(event);
        return;
      }
      typed = "";
      if (elsewhere && event.key.length === 1 && event.key !== " ") field.focus();
    });
  };
})();
