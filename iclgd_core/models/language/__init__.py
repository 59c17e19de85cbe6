"""Language models behind one adapter: loading them, proving what is read of them, asking them."""
