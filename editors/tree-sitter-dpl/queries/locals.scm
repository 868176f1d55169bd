; A pipeline's, a function's parameters and what `let`, `for` and `catch` name. Names of declarations hold in the whole program.

(declaration) @local.scope
(block) @local.scope
(for_in) @local.scope
(catch) @local.scope
(made_of) @local.scope

(declaration (parameters (column name: (identifier) @local.definition.parameter)))
(let name: (identifier) @local.definition.var)
(for_in name: (identifier) @local.definition.var)
(made_of name: (identifier) @local.definition.var)
(catch name: (identifier) @local.definition.var)
(declaration name: (identifier) @local.definition)

(identifier) @local.reference
