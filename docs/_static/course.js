// Explorers in frames are light or dark as this page is, which its reader can switch.
(() => {
  const page = document.documentElement;
  const frames = () => document.querySelectorAll(".course-explorer iframe");
  const tell = (frame) => {
    const inside = frame.contentDocument?.documentElement; // null where files are strangers
    if (inside && page.dataset.theme) inside.dataset.theme = page.dataset.theme;
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const frame of frames()) {
      frame.addEventListener("load", () => tell(frame));
      tell(frame);
    }
    new MutationObserver(() => frames().forEach(tell))
      .observe(page, { attributes: true, attributeFilter: ["data-theme"] });
  });
})();
