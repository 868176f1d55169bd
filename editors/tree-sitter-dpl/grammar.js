/// <reference types="tree-sitter-cli/dsl" />
// dpl for tree-sitter. The language's own grammar is `grammar/dpl.pest`, and this one follows it; where they differ, that one is right.
//
// dpl reserves no word: `limit` is an option of a loop here, a field there, a declaration's kind elsewhere. pest looks ahead to tell them
// apart. Here `src/scanner.c` does, which reads every word: a keyword where one may stand and what follows fits, else an identifier.

// In the order of the enum in `src/scanner.c`.
const KEYWORDS = [
  "use", "grant", "deny", "share", "assert", "to", "in", "on", "into", "as", "for", "with", "where", "when", "until", "outside", "except", "and", "or",
  "not", "can", "cannot", "retry", "timeout", "heartbeat", "await", "callback", "fails", "else", "catch", "if", "match", "parallel", "try",
  "wait", "fail", "return", "let", "run", "given", "expect", "result", "error", "contains", "nothing", "order", "after", "key", "length",
  "matching", "one", "of", "no", "only", "option", "distributed", "account", "service", "organization", "unit", "saml", "oidc", "group",
];

/** A keyword, as a node whose type is the word. */
const word = ($, text) => alias($[`_word_${text}`], text);

const commas = (rule) => seq(rule, repeat(seq(",", rule)));
const list = (rule) => optional(seq(commas(rule), optional(",")));

// From loose to tight, as `src/syntax/pairs` has it.
const PREC = { else: 1, or: 2, and: 3, compare: 4, add: 5, multiply: 6, unary: 7, postfix: 8 };

module.exports = grammar({
  name: "dpl",

  externals: ($) => [
    $.identifier,
    ...KEYWORDS.map((text) => $[`_word_${text}`]),
    $._in_range,
    $._same_line,
    $._cause,
    $._wildcard,
    $._dots_bound,
    $._dots_open,
    $.sql,
    $._predicate,
  ],

  extras: ($) => [/\s/, "\uFEFF", $.comment, $.doc_comment],

  conflicts: ($) => [
    [$.on],
    [$.path, $._primary],
  ],

  supertypes: ($) => [$.expression, $.statement],

  rules: {
    source_file: ($) => repeat($._item),

    _item: ($) => choice($.use, $.grant, $.share, $.assert, $.declaration),

    comment: () => token(choice(
      seq("//", optional(seq(/[^/\n]/, /[^\n]*/))),
      seq("////", /[^\n]*/),
      seq("/*", /[^*]*\*+([^/*][^*]*\*+)*/, "/"),
    )),
    doc_comment: () => token(seq("///", optional(seq(/[^/\n]/, /[^\n]*/)))),

    use: ($) => seq(
      word($, "use"),
      field("module", $.path),
      optional($.use_names),
      optional(seq(word($, "as"), field("alias", $.identifier))),
    ),
    use_names: ($) => seq(alias(token(/\.\s*\{/), ".{"), list($.identifier), "}"),

    // ---- declarations

    declaration: ($) => prec.right(seq(
      field("kind", $.identifier),
      choice(
        seq(field("name", $.identifier), repeat($._part), optional(seq(field("body", $.body), optional($.query)))),
        field("body", $.body),
      ),
    )),
    _part: ($) => choice($.in, $.on, $.into, $.for, $.typed, $.parameters, $.value, $.returns, $.query),
    in: ($) => seq(word($, "in"), $.path),
    on: ($) => seq(word($, "on"), commas($.path)),
    into: ($) => seq(word($, "into"), $.path),
    for: ($) => seq(word($, "for"), $.path),
    typed: ($) => seq(":", $.type),
    value: ($) => seq("=", $.expression),
    returns: ($) => seq("->", $.type),
    parameters: ($) => seq("(", list($.column), ")"),
    query: ($) => seq(word($, "as"), $.sql, optional(";")),

    body: ($) => seq("{", repeat(seq($._member, optional(","))), "}"),
    _member: ($) => choice($.field, $.column, $.promise, $.statement, $.grant, $._step, $.declaration),

    field: ($) => seq(field("name", $.identifier), "=", field("value", $.expression)),
    promise: ($) => seq(field("name", $.identifier), choice("<", "<="), field("value", $.expression)),
    column: ($) => prec.right(seq(field("name", $.identifier), ":", $._simple_type, repeat($._tail))),
    _tail: ($) => choice($._refinement, word($, "key"), $.label, $.value, $.lowering),
    label: () => token(seq("@", /[A-Za-z_][A-Za-z0-9_]*/)),
    lowering: ($) => seq("->", $.path, optional(seq(word($, "as"), $.identifier))),

    // ---- types

    type: ($) => prec.right(seq($._simple_type, repeat($._refinement))),
    _simple_type: ($) => prec.right(seq(field("type", alias($.path, $.type_name)), optional($.type_arguments), optional("?"))),
    type_arguments: ($) => choice(seq("<", commas($.type), ">"), seq("(", commas($.expression), ")")),
    _refinement: ($) => choice($.in_range, $.length, $.matching, $.one_of),
    in_range: ($) => seq(alias($._in_range, "in"), $.range),
    length: ($) => seq(word($, "length"), $.range),
    range: ($) => seq(optional($._bound), choice(seq(alias($._dots_bound, ".."), $._bound), alias($._dots_open, ".."))),
    _bound: ($) => choice(seq(optional("-"), $.number), $.string, $.path),
    matching: ($) => seq(word($, "matching"), $.regex),
    one_of: ($) => seq(word($, "one"), word($, "of"), $.list),

    // ---- expressions

    expression: ($) => choice($._primary, $.unary, $.binary),
    _primary: ($) => choice(
      $.identifier, $.member, $.wildcard, $.call, $.index, $.number, $.date, $.string, $.list, $.record, $.parenthesized, $.star, $.tagged,
    ),
    star: () => "*",
    parenthesized: ($) => seq("(", $.expression, ")"),
    member: ($) => prec(PREC.postfix, seq(field("of", $._primary), ".", field("name", alias($.identifier, $.property)))),
    wildcard: ($) => prec(PREC.postfix, seq($._primary, choice(".*", alias($._wildcard, "*")))),
    call: ($) => prec(PREC.postfix, seq(field("function", $._primary), $.arguments)),
    index: ($) => prec(PREC.postfix, seq($._primary, "[", $.expression, "]")),
    arguments: ($) => seq("(", list(choice($.argument, $.expression)), ")"),
    argument: ($) => prec(PREC.postfix + 1, seq(field("name", $.identifier), "=", field("value", $.expression))),
    tagged: ($) => prec(PREC.unary, seq(
      choice(...["run", "account", "service", "organization", "unit", "saml", "oidc", "group"].map((tag) => word($, tag))),
      $._primary,
    )),
    unary: ($) => prec(PREC.unary, seq(choice("-", word($, "not")), $.expression)),
    binary: ($) => choice(...[
      [PREC.or, word($, "or")],
      [PREC.and, word($, "and")],
      [PREC.compare, choice("==", "=", "!=", "<=", ">=", "<", ">")],
      [PREC.else, "??"],
      [PREC.add, choice("+", "-")],
      [PREC.multiply, choice("*", "/", "%")],
    ].map(([level, operator]) => prec.left(level, seq(field("left", $.expression), field("operator", operator), field("right", $.expression))))),
    list: ($) => seq("[", choice($.made_of, list($.expression)), "]"),
    made_of: ($) => seq(
      word($, "for"), field("name", $.identifier), word($, "in"), $.expression, ":", $.expression, optional(seq(word($, "if"), $.expression)),
    ),
    record: ($) => seq("{", repeat(seq($._record_field, optional(","))), "}"),
    _record_field: ($) => choice($.field, alias($._quoted_field, $.field)),
    _quoted_field: ($) => seq(field("name", $.string), "=", field("value", $.expression)),

    // ---- statements

    statement: ($) => choice($.let, $.call_statement, $.if, $.match, $.parallel, $.for_in, $.try, $.wait, $.fail, $.return),
    block: ($) => seq("{", repeat(seq($.statement, optional(","))), "}"),
    let: ($) => prec.right(seq(word($, "let"), field("name", $.identifier), "=", field("value", $.expression), repeat($._policy))),
    call_statement: ($) => prec.right(seq(optional(word($, "run")), alias($._called, $.call), repeat($._policy))),
    _called: ($) => seq(field("function", $.path), $.arguments),
    _policy: ($) => choice($.retry, $.timeout, $.heartbeat, $.callback),
    retry: ($) => seq(word($, "retry"), $.expression),
    timeout: ($) => seq(word($, "timeout"), $.expression),
    heartbeat: ($) => seq(word($, "heartbeat"), $.expression),
    callback: ($) => seq(word($, "await"), word($, "callback")),
    if: ($) => prec.right(seq(
      word($, "if"), field("condition", $.expression), $.block, optional(seq(word($, "else"), choice($.if, $.block))),
    )),
    match: ($) => seq(word($, "match"), field("subject", $.expression), "{", repeat(seq($.arm, optional(","))), "}"),
    arm: ($) => seq(choice(word($, "else"), $.expression), "->", $.block),
    parallel: ($) => seq(word($, "parallel"), $.block),
    for_in: ($) => seq(
      word($, "for"), field("name", $.identifier), optional(seq(":", $._simple_type)), word($, "in"), field("over", $.expression),
      repeat($._option), $.block,
    ),
    _option: ($) => choice(word($, "distributed"), $.option),
    option: ($) => seq(field("name", $.identifier), choice($.percent, $.expression)),
    percent: () => token(/[0-9]+%/),
    try: ($) => prec.right(seq(word($, "try"), $.block, repeat1($.catch))),
    catch: ($) => seq(
      word($, "catch"), optional(field("name", $.identifier)), optional(seq(word($, "as"), commas(alias($.path, $.error_name)))), $.block,
    ),
    wait: ($) => seq(word($, "wait"), optional(word($, "until")), $.expression),
    fail: ($) => prec.right(seq(word($, "fail"), alias($.path, $.error_name), optional(seq($._same_line, $.expression)))),
    return: ($) => prec.right(seq(word($, "return"), optional(seq($._same_line, $.expression)))),

    // ---- sentences

    grant: ($) => prec.right(seq(choice(word($, "grant"), word($, "deny")), commas($._capability), repeat($._clause))),
    _capability: ($) => prec.right(seq($.capability, optional($.columns))),
    capability: ($) => choice("*", alias($._action, $.path)),
    // Whose star needs no look at what follows: no action is multiplied.
    _action: ($) => prec.right(seq($.identifier, repeat(seq(".", $.identifier)), optional(choice(".*", token.immediate("*"))))),
    columns: ($) => seq("(", list(choice($.identifier, $.labelled)), ")"),
    labelled: ($) => seq($._label_term, repeat(seq(word($, "and"), $._label_term))),
    _label_term: ($) => seq(optional(word($, "not")), $.label),
    _clause: ($) => choice(
      $.clause_on, $.clause_to, $.clause_where, $.clause_option, $.clause_when, $.clause_until, $.clause_outside, $.clause_except,
    ),
    clause_on: ($) => seq(word($, "on"), $.expression),
    clause_to: ($) => prec.right(seq(word($, "to"), commas($.expression))),
    clause_where: ($) => seq(word($, "where"), "(", optional(alias($._predicate, $.sql)), ")"),
    clause_option: ($) => seq(word($, "with"), word($, "grant"), word($, "option")),
    clause_when: ($) => prec.right(seq(word($, "when"), $.expression, repeat(seq(word($, "in"), $.expression)))),
    clause_until: ($) => seq(word($, "until"), $.expression),
    clause_outside: ($) => seq(word($, "outside"), $.expression),
    clause_except: ($) => seq(word($, "except"), $.expression),
    share: ($) => seq(
      word($, "share"), field("table", $.path), word($, "with"), field("with", $.path), word($, "as"), field("name", $.identifier),
    ),
    assert: ($) => seq(
      word($, "assert"), choice($.nobody, $.only, $.expression), choice(word($, "can"), word($, "cannot")), commas($._capability), $.clause_on,
      optional($.clause_where),
    ),
    nobody: ($) => seq(word($, "no"), $.identifier, optional(seq(word($, "in"), $.path))),
    only: ($) => seq(word($, "only"), $.list),

    // ---- lines of a test

    _step: ($) => choice($.given, $.when, $.expect),
    given: ($) => seq(word($, "given"), choice($.expression, seq($.subject, choice($.list, $.record)))),
    subject: ($) => prec.dynamic(1, $.path),
    when: ($) => prec.right(seq(
      word($, "when"), $.expression,
      choice(seq("->", $.expression), seq(word($, "fails"), alias($.path, $.error_name), optional(seq($._cause, $.expression)))),
      optional(seq(word($, "after"), $.expression)),
    )),
    expect: ($) => prec.right(seq(word($, "expect"), choice(
      seq(word($, "result"), $.expression),
      seq(word($, "error"), alias($.path, $.error_name), optional(seq($._cause, $.expression))),
      seq(field("subject", $.path), word($, "contains"), $.expression),
      seq(field("subject", $.path), word($, "nothing")),
      seq($.subject, $.list),
      seq(commas($.expression), optional(seq(word($, "in"), word($, "order")))),
    ))),

    // ---- words and literals

    path: ($) => prec.right(seq($.identifier, repeat(seq(".", $.identifier)), optional(choice(".*", alias($._wildcard, "*"))))),
    number: () => token(/[0-9][0-9_]*(\.[0-9][0-9_]*)?[A-Za-z0-9_]*/),
    date: () => token(/[0-9]{4}-[0-9]{2}-[0-9]{2}/),
    regex: () => token(/"(\\[^\n]|[^"\\\n])*"/),
    string: ($) => seq(
      '"',
      repeat(choice(alias($._text, $.text), $.escape, $.interpolation)),
      token.immediate('"'),
    ),
    _text: () => token.immediate(prec(1, /[^"\\{\n]+/)),
    escape: () => token.immediate(prec(1, /\\(u\{[^}"\n]*\}|[^\n])/)),
    interpolation: ($) => seq(token.immediate("{"), $.expression, "}"),
  },
});
