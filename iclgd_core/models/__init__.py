"""What is asked: language models behind one adapter, regression models, and how the embedded ones were made."""
