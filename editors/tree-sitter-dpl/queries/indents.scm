[
  (body)
  (block)
  (match)
  (record)
  (list)
  (arguments)
  (parameters)
  (columns)
  (use_names)
  (parenthesized)
] @indent.begin

["}" "]" ")"] @indent.branch @indent.end
[(comment) (string) (sql)] @indent.ignore
