// Time: plays months at a steady pace, and stops where there are none left or nobody is looking.

/**
 * @param {() => boolean} month plays one; false where none is left @param {(playing: boolean) => void} changed
 */
export function createClock(month, changed) {
  const clock = { playing: false, speed: 5, due: 0, frame: 0 };
  const tick = (time) => {
    if (!clock.playing) return;
    if (time >= clock.due) {
      clock.due = Math.max(clock.due + 1000 / clock.speed, time);
      if (!month()) {
        pause();
        return;
      }
    }
    clock.frame = requestAnimationFrame(tick);
  };
  const play = () => {
    if (clock.playing) return;
    clock.playing = true;
    clock.due = 0;
    clock.frame = requestAnimationFrame(tick);
    changed(true);
  };
  const pause = () => {
    if (!clock.playing) return;
    clock.playing = false;
    cancelAnimationFrame(clock.frame);
    changed(false);
  };
  return { play, pause, toggle: () => (clock.playing ? pause() : play()), playing: () => clock.playing, pace: (speed) => { clock.speed = speed; } };
}
