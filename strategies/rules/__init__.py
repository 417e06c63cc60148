"""Pure decisions: what conditions say of facts, and which strategy is the first to match."""
