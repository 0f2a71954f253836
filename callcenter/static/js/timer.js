// time[data-timer=ISO]: minutes and seconds since then, each second; an hour and more as h:mm:ss.
function since(moment) {
  const seconds = Math.max(0, Math.floor((Date.now() - moment) / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

function tick() {
  for (const time of document.querySelectorAll("[data-timer]")) {
    const text = since(Date.parse(time.dataset.timer));
    if (time.textContent !== text) time.textContent = text;
  }
}

export function start() {
  tick();
  setInterval(tick, 1000);
}
