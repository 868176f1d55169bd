; What every editor knows: tree-sitter's standard names of captures, the later pattern winning.

(identifier) @variable
(property) @property

(comment) @comment
(doc_comment) @comment.documentation

(number) @number
(percent) @number
(date) @number
(string) @string
(regex) @string.regexp
(escape) @string.escape
(interpolation ["{" "}"] @punctuation.special)

[
  "use" "grant" "deny" "share" "assert" "to" "in" "on" "into" "as" "for" "with" "where" "when" "until" "outside" "except" "can" "cannot" "retry"
  "timeout" "heartbeat" "await" "callback" "fails" "else" "catch" "if" "match" "parallel" "try" "wait" "fail" "return" "let" "run" "given" "expect"
  "result" "error" "contains" "nothing" "order" "after" "key" "length" "matching" "one" "of" "no" "only" "option" "distributed" "account" "service"
  "organization" "unit" "saml" "oidc" "group"
] @keyword
["and" "or" "not"] @keyword.operator

["==" "!=" "<=" ">=" "??" "+" "-" "/" "%" "=" "->" ".." "?"] @operator
(binary operator: _ @operator)
(binary operator: ["and" "or"] @keyword.operator)
(promise ["<" "<="] @operator)
(wildcard) @variable
[".*" "*"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
(type_arguments ["<" ">"] @punctuation.bracket)
["," ":" "." ";"] @punctuation.delimiter

(declaration kind: (identifier) @keyword.type)
(declaration name: (identifier) @type.definition)
(type_name (identifier) @type)
((type_name . (identifier) @type.builtin .)
  (#any-of? @type.builtin "string" "boolean" "int" "bigint" "double" "float" "decimal" "date" "timestamp" "timestamp_ltz" "list" "map" "location"
    "duration" "bytes" "json"))
(error_name (identifier) @type)
(label) @attribute

(field name: (identifier) @property)
(column name: (identifier) @property)
(promise name: (identifier) @property)
(argument name: (identifier) @property)
(option name: (identifier) @property)
(columns (identifier) @property)

(call function: (identifier) @function.call)
(call function: (path (identifier) @function.call .))
(call function: (member name: (property) @function.call))
(capability (path (identifier) @function.call))
(use module: (path (identifier) @module))
(use alias: (identifier) @module)
(declaration kind: (identifier) @_kind name: (identifier) @function
  (#any-of? @_kind "function" "pipeline" "query" "test" "sql_function"))

((identifier) @boolean (#any-of? @boolean "true" "false"))
((identifier) @constant.builtin (#eq? @constant.builtin "none"))
