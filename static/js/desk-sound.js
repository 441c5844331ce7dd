/* Three sounds, each always beside words and an icon: one short for done, two for look here, one long low for no. */
(() => {
  "use strict";
  const Desk = (window.Desk = window.Desk || {});
  const TONES = { ok: [[880, 0.09]], warn: [[660, 0.09], [660, 0.09]], hold: [[660, 0.09], [880, 0.12]], bad: [[220, 0.45]], again: [[180, 0.07]] };
  let audio = null;

  Desk.sound = (tone) => {
    if (localStorage.getItem("desk-silent") === "yes" || !window.AudioContext) return;
    audio = audio || new AudioContext();
    let at = audio.currentTime;
    for (const [pitch, length] of TONES[tone] || []) {
      const voice = audio.createOscillator();
      const loudness = audio.createGain();
      voice.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.15, at);
      loudness.gain.exponentialRampToValueAtTime(0.001, at + length);
      voice.connect(loudness).connect(audio.destination);
      voice.start(at);
      voice.stop(at + length);
      at += length + 0.07;
    }
  };
})();
