// The words of dpl, and what else needs more than one character ahead: ranges, wildcards, SQL, values that must stand on the same line.
// dpl reserves no word, so a word is a keyword only where the parser may take one and what follows fits; `grammar/dpl.pest` has these rules
// as predicates. The scanner keeps nothing between two calls.

#include "tree_sitter/parser.h"

#include <string.h>

// In the order of `externals` in `grammar.js`.
enum Token {
  IDENTIFIER,
  USE, GRANT, DENY, SHARE, ASSERT, TO, IN, ON, INTO, AS, FOR, WITH, WHERE, WHEN, UNTIL, OUTSIDE, EXCEPT, AND, OR, NOT, CAN, CANNOT, RETRY,
  TIMEOUT, HEARTBEAT, AWAIT, CALLBACK, FAILS, ELSE, CATCH, IF, MATCH, PARALLEL, TRY, WAIT, FAIL, RETURN, LET, RUN, GIVEN, EXPECT, RESULT, ERROR,
  CONTAINS, NOTHING, ORDER, AFTER, KEY, LENGTH, MATCHING, ONE, OF, NO, ONLY, OPTION, DISTRIBUTED, ACCOUNT, SERVICE, ORGANIZATION, UNIT, SAML,
  OIDC, GROUP,
  IN_RANGE, SAME_LINE, CAUSE, WILDCARD, DOTS_BOUND, DOTS_OPEN, SQL, PREDICATE,
};

static const char *const WORDS[] = {
  "",
  "use", "grant", "deny", "share", "assert", "to", "in", "on", "into", "as", "for", "with", "where", "when", "until", "outside", "except", "and",
  "or", "not", "can", "cannot", "retry", "timeout", "heartbeat", "await", "callback", "fails", "else", "catch", "if", "match", "parallel", "try",
  "wait", "fail", "return", "let", "run", "given", "expect", "result", "error", "contains", "nothing", "order", "after", "key", "length",
  "matching", "one", "of", "no", "only", "option", "distributed", "account", "service", "organization", "unit", "saml", "oidc", "group",
};

// Longer than any keyword.
#define LONGEST 16

static inline int32_t peek(TSLexer *lexer) { return lexer->lookahead; }
static inline void step(TSLexer *lexer) { lexer->advance(lexer, false); }
static inline void pass(TSLexer *lexer) { lexer->advance(lexer, true); }

static inline bool is_start(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static inline bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static inline bool is_rest(int32_t c) { return is_start(c) || is_digit(c); }
static inline bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r'; }
static inline bool is_space(int32_t c) { return is_blank(c) || c == '\n'; }
static inline bool is_operand(int32_t c) { return is_rest(c) || c == '"' || c == '(' || c == '[' || c == '{' || c == '-'; }

// Reads a word; its text where it is short enough to be a keyword.
static void read_word(TSLexer *lexer, char text[LONGEST]) {
  unsigned length = 0;
  while (is_rest(peek(lexer))) {
    if (length < LONGEST - 1) text[length] = (char)peek(lexer);
    length++;
    step(lexer);
  }
  text[length < LONGEST ? length : 0] = 0;
}

static enum Token keyword(const char *text) {
  for (int at = USE; at <= GROUP; at++) {
    if (strcmp(text, WORDS[at]) == 0) return (enum Token)at;
  }
  return IDENTIFIER;
}

// Words behind which a tag can't have what it tags.
static bool is_clause_word(enum Token word) {
  switch (word) {
    case ON: case TO: case IN: case INTO: case AS: case FOR: case WITH: case WHERE: case WHEN: case UNTIL: case OUTSIDE: case EXCEPT: case AND:
    case OR: case NOT: case CAN: case CANNOT: case RETRY: case TIMEOUT: case HEARTBEAT: case AWAIT: case FAILS: case ELSE: case CATCH:
    case CONTAINS: case NOTHING:
      return true;
    default:
      return false;
  }
}

// Whether a statement begins with the word, and no value.
static bool begins_a_statement(enum Token word) {
  switch (word) {
    case LET: case IF: case MATCH: case PARALLEL: case FOR: case TRY: case WAIT: case FAIL: case RETURN:
      return true;
    default:
      return false;
  }
}

// Whether a line of a test begins with the word, or goes on with it, and no value.
static bool begins_a_step(enum Token word) {
  return word == GIVEN || word == WHEN || word == EXPECT || word == DENY || word == AFTER;
}

static bool skip_blanks(TSLexer *lexer) {
  bool any = false;
  for (; is_blank(peek(lexer)); any = true) step(lexer);
  return any;
}

static void skip_spaces(TSLexer *lexer) {
  while (is_space(peek(lexer))) step(lexer);
}

// Whether `name =` or `name :` follows, of which a keyword is the name. Reads on.
static bool is_named(TSLexer *lexer) {
  if (peek(lexer) == ':') return true;
  if (peek(lexer) != '=') return false;
  step(lexer);
  return peek(lexer) != '=';
}

// Whether the range of `in 0..9` follows, and not the account of `in prod`. Reads on.
static bool range_follows(TSLexer *lexer) {
  skip_spaces(lexer);
  int32_t first = peek(lexer);
  if (is_digit(first) || first == '-' || first == '.' || first == '"') return true;
  if (!is_start(first)) return false;
  while (is_rest(peek(lexer))) step(lexer);
  while (peek(lexer) == '.') {
    step(lexer);
    if (peek(lexer) == '.') return true;
    while (is_rest(peek(lexer))) step(lexer);
  }
  return false;
}

// Whether a word behind `key` begins a refinement, and is not a declaration's name. Reads on.
static bool refines(TSLexer *lexer, enum Token word) {
  char next[LONGEST];
  skip_spaces(lexer);
  switch (word) {
    case LENGTH: case IN:
      return is_digit(peek(lexer)) || peek(lexer) == '-' || peek(lexer) == '.';
    case MATCHING:
      return peek(lexer) == '"';
    case ONE:
      read_word(lexer, next);
      return keyword(next) == OF;
    default:
      return false;
  }
}

// Whether a word that was read is this keyword, by what follows. Reads on.
static bool follows(TSLexer *lexer, enum Token word) {
  char next[LONGEST];
  bool blank = skip_blanks(lexer);
  if (is_named(lexer)) return false;
  switch (word) {
    case KEY:
      if (!is_start(peek(lexer))) return true;
      if (!blank) return false;
      read_word(lexer, next);
      return refines(lexer, keyword(next));
    case RUN: case ERROR:
      return blank && is_start(peek(lexer));
    case UNTIL:
      return blank && is_operand(peek(lexer));
    case RESULT:
      skip_spaces(lexer);
      return is_operand(peek(lexer));
    case ONLY:
      skip_spaces(lexer);
      return peek(lexer) == '[';
    case WHERE:
      skip_spaces(lexer);
      return peek(lexer) == '(';
    case NO:
      if (!blank || !is_start(peek(lexer))) return false;
      read_word(lexer, next);
      return keyword(next) != CAN && keyword(next) != CANNOT;
    case ONE:
      if (!blank) return false;
      read_word(lexer, next);
      return keyword(next) == OF;
    case ACCOUNT: case SERVICE: case ORGANIZATION: case UNIT: case SAML: case OIDC: case GROUP:
      if (blank && peek(lexer) == '"') return true;
      if (!blank || !is_start(peek(lexer))) return false;
      read_word(lexer, next);
      return !is_clause_word(keyword(next));
    default:
      return true;
  }
}

static bool give(TSLexer *lexer, enum Token token) {
  lexer->result_symbol = token;
  return true;
}

// A word; where a value may stand on the same line, and the word begins one, the sign for that, which is empty.
static bool scan_word(TSLexer *lexer, const bool *valid, bool same_line) {
  char text[LONGEST];
  lexer->mark_end(lexer);
  read_word(lexer, text);
  enum Token word = keyword(text);
  if (same_line && valid[SAME_LINE] && !begins_a_statement(word)) return give(lexer, SAME_LINE);
  if (same_line && valid[CAUSE] && !begins_a_step(word)) return give(lexer, CAUSE);
  lexer->mark_end(lexer);
  if (word == IN && valid[IN_RANGE] && (!valid[IN] || range_follows(lexer))) return give(lexer, IN_RANGE);
  if (word != IDENTIFIER && valid[word] && (word == IN || follows(lexer, word))) return give(lexer, word);
  return valid[IDENTIFIER] && give(lexer, IDENTIFIER);
}

// A quoted text or a comment of SQL, if one begins here. Returns whether it read something.
static bool skip_quoted(TSLexer *lexer) {
  int32_t first = peek(lexer);
  if (first == '\'' || first == '"' || first == '`') {
    step(lexer);
    while (peek(lexer) != first && !lexer->eof(lexer)) step(lexer);
    step(lexer);
    return true;
  }
  if (first == '-') {
    step(lexer);
    if (peek(lexer) == '-') {
      while (peek(lexer) != '\n' && !lexer->eof(lexer)) step(lexer);
    }
    return true;
  }
  if (first == '/') {
    step(lexer);
    if (peek(lexer) != '*') return true;
    step(lexer);
    for (int32_t before = 0; !lexer->eof(lexer) && !(before == '*' && peek(lexer) == '/');) {
      before = peek(lexer);
      step(lexer);
    }
    step(lexer);
    return true;
  }
  return false;
}

// To the `;` outside of quotes and comments, or to the closing bracket of a predicate. Blanks at the end are no part of it.
static bool scan_sql(TSLexer *lexer, bool predicate) {
  bool any = false;
  for (unsigned depth = 0; !lexer->eof(lexer);) {
    int32_t here = peek(lexer);
    if (predicate ? here == ')' && depth == 0 : here == ';') break;
    if (predicate && here == '(') depth++;
    if (predicate && here == ')') depth--;
    if (is_space(here)) {
      any ? step(lexer) : pass(lexer);
      continue;
    }
    if (!skip_quoted(lexer)) step(lexer);
    any = true;
    lexer->mark_end(lexer);
  }
  return any && give(lexer, predicate ? PREDICATE : SQL);
}

// `..`, which has a bound behind it only where it follows at once.
static bool scan_dots(TSLexer *lexer, const bool *valid) {
  step(lexer);
  if (peek(lexer) != '.') return false;
  step(lexer);
  lexer->mark_end(lexer);
  bool bound = is_rest(peek(lexer)) || peek(lexer) == '"' || peek(lexer) == '-';
  enum Token token = bound ? DOTS_BOUND : DOTS_OPEN;
  return valid[token] && give(lexer, token);
}

static bool scan_wildcard(TSLexer *lexer) {
  step(lexer);
  lexer->mark_end(lexer);
  skip_blanks(lexer);
  return !is_operand(peek(lexer)) && give(lexer, WILDCARD);
}

void *tree_sitter_dpl_external_scanner_create(void) { return NULL; }
void tree_sitter_dpl_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_dpl_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}
void tree_sitter_dpl_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

bool tree_sitter_dpl_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  // After an error everything is valid: then words are all there is.
  bool lost = valid[SQL] && valid[PREDICATE];
  if (!lost && valid[SQL]) return scan_sql(lexer, false);
  if (!lost && valid[PREDICATE]) return scan_sql(lexer, true);
  if (!lost && valid[WILDCARD] && peek(lexer) == '*') return scan_wildcard(lexer);
  bool same_line = !lost;
  for (; is_space(peek(lexer)); pass(lexer)) same_line &= peek(lexer) != '\n';
  int32_t here = peek(lexer);
  if (!lost && here == '.' && (valid[DOTS_BOUND] || valid[DOTS_OPEN])) return scan_dots(lexer, valid);
  if (is_start(here)) return scan_word(lexer, valid, same_line);
  if (!same_line || !(is_operand(here) || here == '*')) return false;
  lexer->mark_end(lexer);
  if (valid[SAME_LINE]) return give(lexer, SAME_LINE);
  return valid[CAUSE] && give(lexer, CAUSE);
}
