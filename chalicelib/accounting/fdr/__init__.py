"""Settlement flows as they come: classic XML, and the pages of FdR-3."""
