"""The kinds of questions, a file for each topic; ``fastbp/lessons/quizzes/table.py`` lists them."""
