[
  (body)
  (block)
  (match)
  (record)
  (list)
  (arguments)
  (parameters)
  (query)
] @fold
(comment) @fold
(doc_comment)+ @fold
