"""Ways to show a report: terminal, Markdown, HTML, figures, JUnit, pages of documentation."""
