"""Quizzes on backpropagation: questions whose answers and wrong choices are computed.

- ``quiz``: the public function; ``table``: the kinds of questions; ``kinds/``: a file a topic.
- ``setting``: the network and the sample of a question; ``draft``: a question, and how its choices
  are picked; ``specification``: the specification, run on the numbers that a question shows;
  ``notation``: symbols, numbers and matrices as text.
- ``files``: JSON in and out; ``progress``: what a reader has answered; ``certificate`` and
  ``worksheet``: pages to print.
"""
