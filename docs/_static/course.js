// Explorers in frames are light or dark as this page is, which its reader can switch. And what is
// wider than its place is scrolled by keys too.
(() => {
  const page = document.documentElement;
  const frames = () => document.querySelectorAll(".course-explorer iframe");
  const tell = (frame) => {
    const inside = frame.contentDocument?.documentElement; // null where files are strangers
    if (inside && page.dataset.theme) inside.dataset.theme = page.dataset.theme;
  };
  const reach = () => {
    for (const box of document.querySelectorAll(".course-formula, .course-answer .formula")) {
      const wide = box.scrollWidth > box.clientWidth;
      const attributes = { tabindex: "0", role: "group", "aria-label": "formula" };
      for (const [name, value] of Object.entries(attributes)) {
        if (wide) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const frame of frames()) {
      frame.addEventListener("load", () => tell(frame));
      tell(frame);
    }
    new MutationObserver(() => frames().forEach(tell))
      .observe(page, { attributes: true, attributeFilter: ["data-theme"] });
  });
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
