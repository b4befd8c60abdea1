"""xlwings Server looks for a module of this name: there are no scripts."""
