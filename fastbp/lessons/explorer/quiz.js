// The quiz: the questions of the data, one at a time, with their score and the certificate.
const quiz = (() => {
  const { id, questions, kinds, least_share: leastShare, least_questions: leastQuestions,
    name: nameSpace } = data.quiz;
  let answers = []; // of each question { choice, right, kind }, or nothing
  let at = 0, forgotten = null;

  // ------------------------------------------------------------ what is kept

  // Read anew each time: another page may have written since.
  const keepAnswers = () => {
    const { [id]: old, ...others } = keptAnswers.read();
    const given = Object.entries(answers).filter(([, answer]) => answer);
    keptAnswers.write(given.length ? { ...others, [id]: Object.fromEntries(given) } : others);
  };

  function takeAnswers(quizzes) {
    answers = questions.map((question, i) => {
      const choice = quizzes[id]?.[i]?.choice;
      return choice in question.choices ? answerOf(question, choice) : null;
    });
  }

  // ------------------------------------------------------------ scores

  const answerOf = ({ choices, answer, kind = "other" }, choice) =>
    ({ choice, right: choices[choice] === answer, kind });

  const score = (list) => ({ asked: list.length, right: list.filter(({ right }) => right).length });
  const ownScore = () => score(answers.filter(Boolean));
  function totalScore() {
    const { [id]: old, ...others } = keptAnswers.read();
    return score([...answers.filter(Boolean), ...Object.values(others).flatMap(Object.values)]);
  }

  const isEarned = ({ right, asked }) => asked >= leastQuestions && right >= leastShare * asked;
  // This quiz earns a certificate, or all together do.
  const earned = () => [ownScore(), totalScore()].find(isEarned);

  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

  function renderScore() {
    const own = ownScore(), total = totalScore(), left = questions.length - own.asked;
    byId("quiz-score").textContent = own.asked === 0 ? "No question answered yet."
      : `${own.right} of ${own.asked} right${left ? `, ${left} to go` : ""}`;
    const missed = new Set(answers.filter((one) => one && !one.right).map(({ kind }) => kind));
    const words = [...missed].map((kind) => kinds[kind]).filter(Boolean);
    byId("quiz-practise").textContent = words.length ? `To practise: ${words.join("; ")}.` : "";
    const others = total.asked > own.asked
      ? `With the quizzes of other pages: ${total.right} of ${total.asked} right. ` : "";
    byId("quiz-kept").textContent = others + (keptAnswers.isKept()
      ? "Your answers are kept in this browser and nowhere else."
      : "This browser keeps nothing for this page: the answers last until it is closed.");
    byId("quiz-again").disabled = own.asked === 0;
    byId("quiz-forget").disabled = total.asked === 0 && !forgotten;
    byId("quiz-forget").textContent = forgotten ? "Undo: keep my answers" : "Forget all my answers";
  }

  // ------------------------------------------------------------ a question

  // Where a line is too long, it goes on to the right of its number and its indentation.
  const textLines = (text) => text.split("\n").map((line, i, { length }) => {
    const element = h("span", { class: "quiz-line" }, i < length - 1 ? `${line}\n` : line);
    const hanging = Math.min(12, line.match(/^ *(?:\d+ +)?/)[0].length + 2);
    element.style.paddingInlineStart = `${hanging}ch`;
    element.style.textIndent = `-${hanging}ch`;
    return element;
  });

  const letter = (choice) => "abcdefghijklmnop"[choice];
  const rightChoice = ({ choices, answer }) => choices.indexOf(answer);

  function choiceElement(question, text, choice) {
    const answer = answers[at], isRight = choice === rightChoice(question);
    const isChosen = answer?.choice === choice;
    const mark = !answer ? "" : isRight ? (isChosen ? "✓ right, your answer" : "✓ the right answer")
      : isChosen ? "✗ your answer" : "";
    return h("label", { class: `choice${mark ? (isRight ? " right" : " wrong") : ""}` },
      h("input", { type: "radio", name: "quiz-choice", value: choice, checked: isChosen }),
      h("span", { class: "letter" }, `${letter(choice)})`),
      h("span", { class: "quiz-text" }, textLines(text)),
      mark ? h("span", { class: "mark" }, mark) : "");
  }

  function renderQuestion() {
    const question = questions[at], answer = answers[at], { creator } = question;
    byId("quiz-number").textContent =
      `Question ${at + 1} of ${questions.length}${creator ? `, by ${clip(creator, 60)}` : ""}`;
    byId("quiz-question").replaceChildren(...textLines(question.question));
    byId("quiz-choices").replaceChildren(
      ...question.choices.map((text, choice) => choiceElement(question, text, choice)));
    byId("quiz-fields").disabled = Boolean(answer);
    byId("quiz-answer").hidden = Boolean(answer);
    byId("quiz-explanation").hidden = !answer || !question.explanation;
    byId("quiz-explanation").replaceChildren(...textLines(question.explanation));
    byId("quiz-back").hidden = at === 0;
    byId("quiz-back").textContent = `← Question ${at}`;
    byId("quiz-next").hidden = at === questions.length - 1;
    byId("quiz-next").textContent = `Question ${at + 2} →`;
    byId("quiz-next").classList.toggle("main", Boolean(answer));
    byId("quiz-show").hidden = !answer || !partOf(question);
  }

  function verdict() {
    const question = questions[at], answer = answers[at];
    if (!answer) return "";
    if (answer.right) return "Right.";
    const remark = question.remarks?.[answer.choice];
    return `No, the answer is ${letter(rightChoice(question))}.` +
      (remark ? ` Yours, ${letter(answer.choice)}: ${remark}.` : "");
  }

  function renderMarks() {
    byId("quiz-marks").replaceChildren(...questions.map((_, i) => {
      const answer = answers[i];
      const [sign, words] = !answer ? ["", "not answered"] : answer.right ? [" ✓", "right"]
        : [" ✗", "wrong"];
      return h("li", {}, h("button", {
        type: "button", "aria-label": `${i + 1}${sign}, question ${i + 1}: ${words}`,
        "aria-current": i === at ? "step" : null, onclick: () => goToQuestion(i),
      }, `${i + 1}${sign}`));
    }));
  }

  function render() {
    renderMarks();
    renderQuestion();
    renderScore();
    renderCertificate();
  }

  // A question's radio buttons are new; focus goes on where the reader was.
  function goToQuestion(i) {
    const isMark = byId("quiz-marks").contains(document.activeElement);
    at = Math.max(0, Math.min(questions.length - 1, i));
    byId("quiz-verdict").textContent = verdict();
    render();
    if (isMark) byId("quiz-marks").children[at].firstChild.focus();
    else (byId("quiz-choices").querySelector("input:enabled") ?? afterAnswer()).focus();
  }

  function giveAnswer() {
    const chosen = byId("quiz-choices").querySelector(":checked");
    if (!chosen) {
      byId("quiz-verdict").textContent = "Choose one of the answers first.";
      byId("quiz-choices").querySelector("input").focus();
      return;
    }
    const hadEarned = earned();
    forgotten = null;
    answers[at] = answerOf(questions[at], Number(chosen.value));
    keepAnswers();
    render();
    byId("quiz-verdict").textContent = verdict() +
      (earned() && !hadEarned ? " And you have earned a certificate: it is below." : "");
    afterAnswer().focus({ preventScroll: true });
  }

  // Where a reader goes on: at the explanation, or where there is none at the question's mark.
  function afterAnswer() {
    const explanation = byId("quiz-explanation");
    return explanation.hidden ? byId("quiz-marks").children[at].firstChild : explanation;
  }

  // The node or weight that a question is about, where the page draws its network.
  function partOf({ given: { l, j, k } = {} }) {
    const isThere = Number.isInteger(l) && Number.isInteger(j) && data.quiz.drawn &&
      state.example === data.examples[0];
    if (!isThere) return null;
    return Number.isInteger(k) ? { part: "weight", l, j, k } : { part: "node", l, j };
  }

  // ------------------------------------------------------------ the certificate

  const ILLEGAL = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
  const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
  const nameTyped = () => byId("certificate-name").value.replace(/\s+/g, " ").trim()
    .replace(ILLEGAL, "\ufffd").replace(TURNING, "\ufffd");

  function renderCertificate() {
    const result = earned(), name = nameTyped() || "your name";
    byId("quiz-certificate").hidden = !result;
    if (!result) return;
    const part = (which) => byId("certificate").querySelector(`[data-part="${which}"]`);
    const { size, room } = nameSpace;
    part("name").textContent = name;
    part("name").setAttribute("font-size", size);
    const width = part("name").getComputedTextLength();
    if (width > room) part("name").setAttribute("font-size", (size * room) / width);
    part("score").textContent =
      `who answered ${result.right} of ${plural(result.asked, "question")} right`;
    part("date").textContent = new Date().toLocaleDateString("en-GB",
      { day: "numeric", month: "long", year: "numeric" });
    part("note").textContent = isEarned(ownScore()) ? clip(data.quiz.note, 100) : "";
    byId("certificate").querySelector("title").textContent = `Certificate for ${name}`;
  }

  function printCertificate() {
    const field = byId("certificate-name"), isMissing = nameTyped() === "";
    field.setAttribute("aria-invalid", String(isMissing));
    byId("certificate-message").textContent = isMissing ? "Type the name first." : "";
    if (isMissing) { field.focus(); return; }
    document.documentElement.classList.add("certificate-only");
    window.print();
  }

  // ------------------------------------------------------------ the controls

  function forget() {
    if (forgotten) {
      keptAnswers.write(forgotten);
      takeAnswers(forgotten);
      forgotten = null;
    } else {
      // Where nothing is kept, what this page knows comes back.
      const { [id]: old, ...others } = keptAnswers.read();
      forgotten = { ...others, [id]: Object.fromEntries(
        Object.entries(answers).filter(([, answer]) => answer)) };
      keptAnswers.write({});
      takeAnswers({});
      at = 0;
    }
    render();
    byId("quiz-verdict").textContent = forgotten ? "All answers are forgotten." : "They are back.";
  }

  byId("quiz-form").addEventListener("submit", (event) => {
    event.preventDefault();
    giveAnswer();
  });
  byId("quiz-back").addEventListener("click", () => goToQuestion(at - 1));
  byId("quiz-next").addEventListener("click", () => goToQuestion(at + 1));
  byId("quiz-again").addEventListener("click", () => {
    answers = questions.map(() => null);
    keepAnswers();
    goToQuestion(0);
  });
  byId("quiz-forget").addEventListener("click", forget);
  byId("quiz-show").addEventListener("click", () => {
    const item = partOf(questions[at]);
    select(item);
    moveFocus(item);
  });
  byId("certificate-name").maxLength = nameSpace.longest;
  byId("certificate-name").addEventListener("input", renderCertificate);
  byId("certificate-print").addEventListener("click", printCertificate);
  window.addEventListener("afterprint", () =>
    document.documentElement.classList.remove("certificate-only"));
  window.addEventListener("storage", ({ key }) => { // another page's quiz
    if (key === keptAnswers.KEY || key === null) { renderScore(); renderCertificate(); }
  });

  function begin() {
    takeAnswers(keptAnswers.read());
    const open = answers.indexOf(null);
    at = open < 0 ? 0 : open; // where the reader had come to
    byId("quiz-about").textContent = `${plural(questions.length, "question")} in the course's ` +
      `notation. ${data.quiz.about} ${leastShare * 100} % right answers to ` +
      `${leastQuestions} or more questions earn a certificate to print.`;
    render();
    byId("quiz-verdict").textContent = verdict();
  }

  return { begin, render };
})();
