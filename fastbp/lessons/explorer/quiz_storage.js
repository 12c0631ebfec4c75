// Answers to quizzes, kept in the browser: those of all pages under one key.
const keptAnswers = (() => {
  const KEY = "fastbp quiz", VERSION = 1;
  let isKept = true;

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isAnswer = (value) => isObject(value) && Number.isInteger(value.choice) &&
    typeof value.right === "boolean" && typeof value.kind === "string";

  // The answers of all quizzes by their id, { id: { place: answer } }; what is none is left out.
  function read() {
    let text;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      isKept = false; // a browser that has no storage for this page
      return {};
    }
    try {
      const kept = JSON.parse(text);
      if (!isObject(kept) || kept.version !== VERSION || !isObject(kept.quizzes)) return {};
      return Object.fromEntries(Object.entries(kept.quizzes).filter(([, one]) => isObject(one))
        .map(([id, one]) => [id, Object.fromEntries(
          Object.entries(one).filter(([place, answer]) => /^\d+$/.test(place) && isAnswer(answer)))]));
    } catch {
      return {}; // no JSON
    }
  }

  function write(quizzes) {
    try {
      if (Object.keys(quizzes).length) {
        localStorage.setItem(KEY, JSON.stringify({ version: VERSION, quizzes }));
      } else localStorage.removeItem(KEY);
      isKept = true;
    } catch {
      isKept = false;
    }
  }

  return { KEY, read, write, isKept: () => isKept };
})();
