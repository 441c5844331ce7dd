/* What this window knows of the desk: the last scan of the visit, the mode, and what could be undone. It outlives a reload
   and never a minute without a scan; nothing of a person is in it. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});
  const KEY = "desk-state";
  const MOST_RECENT = 20;

  Desk.IDLE_MS = 60000;

  const isWithin = (at) => Date.now() - at >= 0 && Date.now() - at < Desk.IDLE_MS;

  Desk.openState = (form) => {
    const branch = form.elements.branch.value;
    let kept = {};
    try {
      kept = JSON.parse(sessionStorage.getItem(KEY) || "{}");
    } catch { /* a window without storage starts anew */ }
    if (kept.branch !== branch) kept = {};
    const goesOn = kept.at && isWithin(kept.at);
    const state = {
      after: goesOn ? kept.after : form.elements.after.value,
      mode: goesOn ? kept.mode : form.elements.mode.value,
      at: goesOn ? kept.at : Date.now(),
      recent: kept.recent || [],
    };
    const save = () => {
      form.elements.after.value = state.after;
      form.elements.mode.value = state.mode;
      try {
        sessionStorage.setItem(KEY, JSON.stringify({ branch, ...state }));
      } catch { /* then a reload ends the visit */ }
    };
    save();
    return {
      get after() { return state.after; },
      get mode() { return state.mode; },
      /* A timer sleeps with the computer, so the clock is asked as well. */
      isOver: () => !isWithin(state.at),
      isMarked: (id) => state.after === id,
      setMode: (mode) => { state.mode = mode; state.at = Date.now(); save(); },
      close: () => { state.after = ""; save(); },
      relink: (id, after) => {
        if (state.after === id) state.after = after;
        save();
      },
      /* What a scan sends of the state: who stands here, and how long ago the scan before was. */
      sends: () => ({
        branch,
        after: state.after,
        mode: state.mode,
        ...(state.after ? { gap: String(Math.round((Date.now() - state.at) / 1000)) } : {}),
      }),
      scanned: (id, mayUndo) => {
        state.after = id;
        state.at = Date.now();
        if (mayUndo) state.recent = [...state.recent, id].slice(-MOST_RECENT);
        save();
      },
      forget: (id) => { state.recent = state.recent.filter((one) => one !== id); save(); },
      lastToUndo: () => {
        const id = state.recent.pop() || "";
        save();
        return id;
      },
    };
  };
})();
