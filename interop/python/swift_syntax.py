"""Whether a file is Swift, by the grammar of tree-sitter: no compiler is at hand where this runs. Says where it is not."""

import sys

import tree_sitter
import tree_sitter_swift

with open(sys.argv[1], "rb") as file:
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language())).parse(file.read())

found = [tree.root_node]
wrong = []
while found:
    node = found.pop()
    found.extend(node.children)
    if node.is_error or node.is_missing:
        wrong.append(node.start_point)
for line, column in sorted(wrong):
    print(f"{line + 1}:{column + 1}")
sys.exit(1 if wrong else 0)
