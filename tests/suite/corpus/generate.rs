//! Pipelines made from a seed: well typed, every statement inside every other, with joins, narrowing and errors by name.

use std::fmt::Write as _;

use crate::window::rng::Rng;

/// What the generated pipelines call.
const PRELUDE: &str = r#"
organization acme {
  id     = "o-acme123456"
  region = "us-east-1"
  account prod { id = "666666666666" }
}

bucket lake in prod { name = "lake-of-prod" }
topic news in prod
queue work in prod
role Loader in prod { trust = [service redshift] }
warehouse dw in prod { cluster = "main", database = "sales", role = Loader }

schema Item {
  sku   : string length 1..12
  count : int in 0..100
  price : double in 0..1000
  kind  : string one of ["book", "toy", "food"]
  note  : string? length 0..30
}
schema Order {
  id     : string length 1..12
  items  : list<Item> length 0..3
  kind   : string one of ["book", "toy", "food"]
  urgent : boolean
  tags   : list<string length 1..8> length 0..3
  limit  : int? in 0..50
}

function look_up(key: string) -> Item? in prod = lambda("look-up")
function price(item: Item) -> double in 0..1000 in prod = lambda("price")
function total(items: list<Item> length 0..3) -> int in 0..500 in prod = lambda("total")
function check(order: Order) -> boolean in prod = lambda("check")
function name_of(number: int, weight: double) -> string length 0..20 in prod = lambda("name-of")
function find(text: string) -> list<Item> length 0..3 in prod = lambda("find")
function tags_of(order: Order) -> list<string length 1..8> length 0..3 in prod = lambda("tags-of")
function place(order: Order, again: boolean) -> Order in prod = lambda("place")
function note(text: string) in prod = lambda("note")
function ask(text: string, token: string) -> boolean in prod = lambda("ask")
function convert(text: string, target: location) in prod = glue_job("convert") { writes = [lake / "out"] }
function shrink(text: string) in prod = ecs_task("shrink", cluster = "main", subnets = ["subnet-0a1b2c3d"])

pipeline relabel(text: string length 0..100) -> string in prod {
  retry = attempts(1, every = 1s)
  let found = look_up(text)
  if found == none { return "none of {text}" }
  return "{found.sku} of {text}"
}

pipeline audit(order: Order) in prod {
  for item in order.items {
    let worth = price(item)
    if worth > 900 { fail TooDear "{item.sku}" }
  }
  note("{order.id} is fine")
}
"#;

/// A program with so many pipelines, besides two that others run.
pub fn program(seed: u64, pipelines: usize) -> String {
    let mut text = PRELUDE.to_owned();
    for at in 0..pipelines {
        let mut maker = Maker {
            rng: Rng::new(seed * 1_000 + at as u64),
            out: String::new(),
            scope: Vec::new(),
            names: 0,
            budget: 14,
            failing: 0,
        };
        maker.pipeline(at);
        text.push_str(&maker.out);
    }
    text
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ty {
    Text,
    Whole,
    Num,
    Flag,
    Item,
    Order,
    Items,
    Texts,
    MaybeItem,
    MaybeText,
    MaybeWhole,
}

/// What can be called with a result: the name, the types of its arguments, and of its result.
const CALLS: &[(&str, &[Ty], Ty)] = &[
    ("look_up", &[Ty::Text], Ty::MaybeItem),
    ("price", &[Ty::Item], Ty::Num),
    ("total", &[Ty::Items], Ty::Whole),
    ("check", &[Ty::Order], Ty::Flag),
    ("name_of", &[Ty::Whole, Ty::Num], Ty::Text),
    ("find", &[Ty::Text], Ty::Items),
    ("tags_of", &[Ty::Order], Ty::Texts),
    ("place", &[Ty::Order, Ty::Flag], Ty::Order),
    ("run relabel", &[Ty::Text], Ty::Text),
];

struct Maker {
    rng: Rng,
    out: String,
    /// The names that can be read, with their types.
    scope: Vec<(String, Ty)>,
    names: usize,
    /// As many more statements may be made.
    budget: usize,
    /// How many errors have been named by `fail`.
    failing: usize,
}

/// Where a block stands.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// Whether the pipeline may return from there.
    returns: bool,
}

impl Maker {
    fn pipeline(&mut self, at: usize) {
        self.scope = vec![
            ("order".to_owned(), Ty::Order),
            ("key".to_owned(), Ty::Text),
            ("size".to_owned(), Ty::Whole),
        ];
        let _ = writeln!(
            self.out,
            "\npipeline p{at}(order: Order, key: string length 0..20, size: int in -20..40, at: timestamp_ltz(3)) -> string in prod {{"
        );
        if self.chance(2) {
            let (attempts, jitter) = (1 + self.rng.below(2), self.chance(3));
            self.line(1, &format!("retry = attempts({attempts}, every = 1s, jitter = {jitter})"));
        }
        let ended = self.block(Place { depth: 1, returns: true }, 4);
        if !ended && self.chance(12) {
            self.fail(Place { depth: 1, returns: true }, None);
        } else if !ended {
            let result = self.value(Ty::Text, 2);
            self.line(1, &format!("return {result}"));
        }
        self.out.push_str("}\n");
    }

    fn chance(&mut self, of: usize) -> bool {
        self.rng.below(of) == 0
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(depth));
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    // ---- statements ----

    /// At least one statement; whether the pipeline ends in it on every way.
    fn block(&mut self, place: Place, most: usize) -> bool {
        let count = 1 + self.rng.below(most);
        for at in 0..count {
            self.budget = self.budget.saturating_sub(1);
            let last = at + 1 == count;
            if self.statement(place, last) {
                return true;
            }
        }
        false
    }

    /// A block of its own, whose names end with it.
    fn inner(&mut self, place: Place, most: usize) -> bool {
        let known = self.scope.len();
        let ended = self.block(Place { depth: place.depth + 1, ..place }, most);
        self.scope.truncate(known);
        ended
    }

    fn statement(&mut self, place: Place, last: bool) -> bool {
        if last && place.depth > 1 && self.chance(6) {
            return self.end(place);
        }
        if self.budget == 0 || place.depth > 5 {
            self.simple(place);
            return false;
        }
        match self.rng.below(20) {
            0..=4 => self.call(place),
            5 => {
                let (ty, name) = (self.scalar(), self.fresh());
                let value = self.value(ty, 3);
                self.bind(place, &name, ty, &value);
            }
            6 | 7 => return self.if_else(place),
            8 => return self.match_kind(place),
            9 | 10 => return self.parallel(place),
            11 if self.chance(4) => self.for_objects(place),
            11 | 12 => self.for_each(place),
            13..=15 => return self.try_catch(place),
            16 => self.join(place),
            17 => return self.narrow(place),
            _ => self.simple(place),
        }
        false
    }

    fn end(&mut self, place: Place) -> bool {
        if place.returns && self.chance(2) {
            let value = self.value(Ty::Text, 2);
            self.line(place.depth, &format!("return {value}"));
        } else {
            self.fail(place, None);
        }
        true
    }

    fn fail(&mut self, place: Place, cause: Option<&str>) {
        self.failing += 1;
        let cause = match cause {
            Some(cause) => cause.to_owned(),
            None => self.value(Ty::Text, 1),
        };
        self.line(place.depth, &format!("fail Failed{} {cause}", self.failing));
    }

    /// A statement without blocks.
    fn simple(&mut self, place: Place) {
        let text = self.value(Ty::Text, 2);
        let policy = self.policy();
        let line = match self.rng.below(8) {
            0 | 1 => format!("note({text}){policy}"),
            2 => format!("publish(news, message = {text}){policy}"),
            3 => format!("send(work, message = {text}, delay = 5s){policy}"),
            4 => format!("convert({text}, target = lake / \"out\" / {text})"),
            5 => format!(
                "copy(into = dw.table(\"public\", \"sales\"), from = lake / \"in\" / {text}, format = csv)"
            ),
            6 => format!("wait {}s", 1 + self.rng.below(60)),
            _ => match self.rng.below(4) {
                0 => "wait until at".to_owned(),
                1 => format!("shrink({text})"),
                2 => {
                    let order = self.value(Ty::Order, 1);
                    format!("run audit({order})")
                }
                _ => format!("note({text}){policy}"),
            },
        };
        self.line(place.depth, &line);
    }

    fn policy(&mut self) -> String {
        match self.rng.below(6) {
            0 => " retry attempts(2, every = 1s, on = [\"Lambda.Busy\", \"States.Timeout\"])".to_owned(),
            1 => " retry attempts(0) timeout 30s".to_owned(),
            2 => " timeout 2m".to_owned(),
            _ => String::new(),
        }
    }

    fn call(&mut self, place: Place) {
        let name = self.fresh();
        if self.chance(8) {
            let text = self.value(Ty::Text, 1);
            self.bind(
                place,
                &name,
                Ty::Flag,
                &format!("ask({text}, token = task_token) await callback timeout 1d heartbeat 1h"),
            );
            return;
        }
        let (call, result) = self.called(None);
        let policy = self.policy();
        self.bind(place, &name, result, &format!("{call}{policy}"));
    }

    /// A call with a result, of that type where one is wanted.
    fn called(&mut self, wanted: Option<Ty>) -> (String, Ty) {
        let fitting: Vec<_> =
            CALLS.iter().filter(|(.., result)| wanted.is_none_or(|wanted| *result == wanted)).collect();
        let (function, params, result) = *self.rng.pick(&fitting);
        let args: Vec<String> = params.iter().map(|ty| self.value(*ty, 2)).collect();
        (format!("{function}({})", args.join(", ")), result)
    }

    fn bind(&mut self, place: Place, name: &str, ty: Ty, value: &str) {
        self.line(place.depth, &format!("let {name} = {value}"));
        self.scope.push((name.to_owned(), ty));
    }

    fn if_else(&mut self, place: Place) -> bool {
        let condition = self.value(Ty::Flag, 3);
        self.line(place.depth, &format!("if {condition} {{"));
        let mut ended = self.inner(place, 2);
        if self.chance(3) {
            let condition = self.value(Ty::Flag, 2);
            self.line(place.depth, &format!("}} else if {condition} {{"));
            ended &= self.inner(place, 2);
        }
        if self.chance(2) {
            self.line(place.depth, "} else {");
            ended &= self.inner(place, 2);
        } else {
            ended = false;
        }
        self.line(place.depth, "}");
        ended
    }

    fn match_kind(&mut self, place: Place) -> bool {
        let item = self.path(Ty::Item).unwrap_or_else(|| "order".to_owned());
        self.line(place.depth, &format!("match {item}.kind {{"));
        let arms: &[&str] =
            if self.chance(2) { &["\"book\"", "\"toy\"", "\"food\""] } else { &["\"toy\"", "else"] };
        let deeper = Place { depth: place.depth + 1, ..place };
        let mut ended = true;
        for arm in arms {
            self.line(deeper.depth, &format!("{arm} -> {{"));
            ended &= self.inner(deeper, 2);
            self.line(deeper.depth, "}");
        }
        self.line(place.depth, "}");
        ended
    }

    /// Whether one of its branches fails on every way, and so it does.
    fn parallel(&mut self, place: Place) -> bool {
        self.line(place.depth, "parallel {");
        let mut ended = false;
        let deeper = Place { depth: place.depth + 1, returns: false };
        let known = self.scope.len();
        let mut bound = Vec::new();
        for _ in 0..2 + self.rng.below(2) {
            if self.chance(2) {
                let name = self.fresh();
                let (call, ty) = self.called(None);
                self.line(deeper.depth, &format!("let {name} = {call}"));
                bound.push((name, ty));
            } else if self.chance(2) {
                self.simple(deeper);
            } else if self.chance(4) {
                let (ty, name) = (self.scalar(), self.fresh());
                let value = self.value(ty, 2);
                self.line(deeper.depth, &format!("let {name} = {value}"));
                bound.push((name, ty));
            } else {
                ended |= match self.rng.below(6) {
                    0 => self.if_else(deeper),
                    1 => {
                        self.for_each(deeper);
                        false
                    }
                    2 => self.match_kind(deeper),
                    3 if place.depth < 4 => self.parallel(deeper),
                    _ => self.try_catch(deeper),
                };
            }
            // What one branch binds, another does not read.
            self.scope.truncate(known);
        }
        self.line(place.depth, "}");
        self.scope.extend(bound);
        ended
    }

    fn for_each(&mut self, place: Place) {
        let of_items = self.chance(2);
        // The type of a record that is written follows from where it goes, which a loop does not say.
        let over = match self.path(Ty::Items).filter(|_| of_items) {
            Some(path) => path,
            None => self.value(Ty::Texts, 1),
        };
        let (options, batched) = self.loop_options();
        let name = self.fresh();
        self.line(place.depth, &format!("for {name} in {over}{options} {{"));
        let known = self.scope.len();
        self.scope.push((
            name,
            match (of_items, batched) {
                (true, true) => Ty::Items,
                (true, false) => Ty::Item,
                (false, true) => Ty::Texts,
                (false, false) => Ty::Text,
            },
        ));
        self.block(Place { depth: place.depth + 1, returns: false }, 3);
        self.scope.truncate(known);
        self.line(place.depth, "}");
    }

    /// What stands before a loop's body, and whether its items come some at a time. Some loops' iterations are executions of their own.
    fn loop_options(&mut self) -> (String, bool) {
        let limit = 1 + self.rng.below(40);
        match self.rng.below(8) {
            0..=2 => (format!(" limit {limit}"), false),
            3 => (" distributed".to_owned(), false),
            4 => (format!(" limit {}", 40 + limit), false),
            5 => (" batch 2".to_owned(), true),
            6 => (" tolerate 1".to_owned(), false),
            _ => (String::new(), false),
        }
    }

    /// A loop over the objects of a place, whose iterations are executions of their own.
    fn for_objects(&mut self, place: Place) {
        let name = self.fresh();
        let options = self.rng.pick(&["", " tolerate 1", " limit 100", " tolerate 50%"]);
        self.line(place.depth, &format!("for {name} in objects(lake / \"in\", most = 3){options} {{"));
        let known = self.scope.len();
        self.scope.push((format!("{name}.key"), Ty::Text));
        self.block(Place { depth: place.depth + 1, returns: false }, 2);
        self.scope.truncate(known);
        self.line(place.depth, "}");
    }

    fn try_catch(&mut self, place: Place) -> bool {
        self.line(place.depth, "try {");
        let known = self.scope.len();
        let deeper = Place { depth: place.depth + 1, ..place };
        self.call(deeper);
        let mut ended = self.block(deeper, 3);
        self.scope.truncate(known);
        let named = self.chance(2);
        if named {
            let errors = self.rng.pick(&[
                "Lambda.Busy",
                "States.Timeout",
                "Lambda.Busy, Lambda.Gone",
                "States.ExceedToleratedFailureThreshold, Lambda.Busy, States.Timeout",
                "States.BranchFailed, Injected.Error",
            ]);
            let error = self.fresh();
            self.line(place.depth, &format!("}} catch {error} as {errors} {{"));
            self.line(deeper.depth, &format!("note(\"{{{error}.name}}: {{{error}.cause}}\")"));
            ended &= self.inner(place, 2);
        }
        if !named || self.chance(2) {
            let error = self.fresh();
            self.line(place.depth, &format!("}} catch {error} {{"));
            self.line(deeper.depth, &format!("note(\"{{{error}.name}}\")"));
            self.fail(deeper, Some(&format!("{error}.cause")));
        }
        self.line(place.depth, "}");
        ended
    }

    /// The same name bound on every way, which can be read behind.
    fn join(&mut self, place: Place) {
        let (name, ty) = (self.fresh(), self.scalar());
        let deeper = Place { depth: place.depth + 1, ..place };
        let condition = self.value(Ty::Flag, 2);
        self.line(place.depth, &format!("if {condition} {{"));
        let value = self.bound(ty);
        self.line(deeper.depth, &format!("let {name} = {value}"));
        self.line(place.depth, "} else {");
        if self.chance(3) {
            self.fail(deeper, None);
        } else {
            let value = self.bound(ty);
            self.line(deeper.depth, &format!("let {name} = {value}"));
        }
        self.line(place.depth, "}");
        self.scope.push((name, ty));
    }

    /// What a `let` may bind: a call or a value.
    fn bound(&mut self, ty: Ty) -> String {
        if self.chance(2) { self.called(Some(ty)).0 } else { self.value(ty, 2) }
    }

    /// A value that may be `none`, asked for.
    fn narrow(&mut self, place: Place) -> bool {
        let name = self.fresh();
        let (call, _) = self.called(Some(Ty::MaybeItem));
        self.line(place.depth, &format!("let {name} = {call}"));
        if self.chance(2) {
            self.line(place.depth, &format!("if {name} == none {{"));
            if !self.inner(place, 1) {
                self.end(Place { depth: place.depth + 1, ..place });
            }
            self.line(place.depth, "}");
            self.scope.push((name, Ty::Item));
        } else {
            self.line(place.depth, &format!("if {name} != none {{"));
            let known = self.scope.len();
            self.scope.push((name, Ty::Item));
            self.block(Place { depth: place.depth + 1, ..place }, 2);
            self.scope.truncate(known);
            self.line(place.depth, "}");
        }
        false
    }

    // ---- values ----

    fn scalar(&mut self) -> Ty {
        self.rng.pick(&[Ty::Text, Ty::Whole, Ty::Num, Ty::Flag])
    }

    /// What the names in scope have of a type.
    fn paths(&self, wanted: Ty) -> Vec<String> {
        let mut open: Vec<(String, Ty)> = self.scope.clone();
        let mut found = Vec::new();
        while let Some((path, ty)) = open.pop() {
            if ty == wanted {
                found.push(path.clone());
            }
            let parts: &[(&str, Ty)] = match ty {
                Ty::Order => &[
                    (".id", Ty::Text),
                    (".items", Ty::Items),
                    (".urgent", Ty::Flag),
                    (".tags", Ty::Texts),
                    (".limit", Ty::MaybeWhole),
                ],
                Ty::Item => &[
                    (".sku", Ty::Text),
                    (".count", Ty::Whole),
                    (".price", Ty::Num),
                    (".kind", Ty::Text),
                    (".note", Ty::MaybeText),
                ],
                Ty::Items => &[("[0]", Ty::MaybeItem), ("[1]", Ty::MaybeItem)],
                Ty::Texts => &[("[0]", Ty::MaybeText)],
                _ => &[],
            };
            open.extend(parts.iter().map(|(part, ty)| (format!("{path}{part}"), *ty)));
        }
        found
    }

    fn path(&mut self, ty: Ty) -> Option<String> {
        let paths = self.paths(ty);
        (!paths.is_empty()).then(|| paths[self.rng.below(paths.len())].clone())
    }

    /// A value, with operators inside operators at most that deep.
    fn value(&mut self, ty: Ty, depth: usize) -> String {
        let path = self.path(ty);
        if let Some(path) = &path
            && (depth == 0 || self.chance(2))
        {
            return path.clone();
        }
        let depth = depth.saturating_sub(1);
        match ty {
            Ty::Text => self.text(depth),
            Ty::Whole => self.whole(depth),
            Ty::Num => match self.rng.below(4) {
                0 => self.rng.pick(&["0.5", "2.0", "100.25"]).to_owned(),
                1 => format!("({} * 0.5)", self.value(Ty::Num, depth.min(1))),
                2 => format!(
                    "({} + {})",
                    self.value(Ty::Num, depth.min(1)),
                    self.value(Ty::Whole, depth.min(1))
                ),
                _ => format!("({} / 4)", self.value(Ty::Whole, depth.min(1))),
            },
            Ty::Flag => self.flag(depth),
            Ty::Item => match path {
                Some(path) => path,
                None => {
                    let (sku, count) = (self.rng.pick(&["a-1", "b\\\"2", "c'3"]), self.rng.below(100));
                    let note = if self.chance(2) { "none".to_owned() } else { "\"a {key} note\"".to_owned() };
                    format!(
                        "{{ sku = \"{sku}\", count = {count}, price = 2.5, kind = \"toy\", note = {note} }}"
                    )
                }
            },
            Ty::Items => match path {
                Some(path) if self.chance(2) => path,
                _ => format!("[{}]", self.value(Ty::Item, depth)),
            },
            Ty::Texts => match path {
                Some(path) if self.chance(2) => path,
                _ => "[\"one\", \"two\"]".to_owned(),
            },
            // There is always the event's order, and what may be `none` in it.
            _ => path.unwrap_or_else(|| "order.limit".to_owned()),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        match self.rng.below(6) {
            0 => self
                .rng
                .pick(&["\"plain\"", "\"it's \\\"so\\\"\"", "\"\\{% a %}\"", "\"back\\\\slash\"", "\"\""])
                .to_owned(),
            1 => match self.path(Ty::MaybeText) {
                Some(path) => format!("({path} ?? \"none\")"),
                None => "\"none\"".to_owned(),
            },
            2 => {
                let path = self.path(Ty::Text).unwrap_or_else(|| "key".to_owned());
                match self.rng.below(5) {
                    0 => format!("upper({path})"),
                    1 => format!("trim({path})"),
                    2 => format!("substring({path}, 0, 2)"),
                    3 => format!("replace({path}, \"-\", \"+\")"),
                    _ => match self.path(Ty::Texts) {
                        Some(texts) => format!("join({texts}, \", \")"),
                        None => format!("before({path}, \"-\")"),
                    },
                }
            }
            _ => {
                let ty = self.scalar();
                let (first, second) = (self.interpolated(Ty::Text, depth), self.interpolated(ty, depth));
                format!("\"{{{first}}} is {{{second}}}\"")
            }
        }
    }

    /// A value inside text: one without quotes of its own.
    fn interpolated(&mut self, ty: Ty, depth: usize) -> String {
        match self.path(ty) {
            Some(path) => path,
            None if depth > 0 => {
                format!("{} + 0.5", self.path(Ty::Whole).unwrap_or_else(|| "size".to_owned()))
            }
            None => "key".to_owned(),
        }
    }

    fn whole(&mut self, depth: usize) -> String {
        match self.rng.below(7) {
            6 => match (self.path(Ty::Items), self.path(Ty::Text)) {
                (Some(items), _) if self.chance(2) => format!("length({items})"),
                (_, text) => format!("length({})", text.unwrap_or_else(|| "key".to_owned())),
            },
            0 => self.rng.below(30).to_string(),
            1 => match self.path(Ty::MaybeWhole) {
                Some(path) => format!("({path} ?? {})", self.rng.below(9)),
                None => "7".to_owned(),
            },
            2 => format!("({} % {})", self.value(Ty::Whole, depth.min(1)), 2 + self.rng.below(5)),
            3 => format!("-{}", self.path(Ty::Whole).unwrap_or_else(|| "1".to_owned())),
            4 => format!("({} * {})", self.value(Ty::Whole, depth.min(1)), 1 + self.rng.below(4)),
            _ => format!(
                "({} {} {})",
                self.value(Ty::Whole, depth.min(1)),
                self.rng.pick(&["+", "-"]),
                self.value(Ty::Whole, depth.min(1))
            ),
        }
    }

    fn flag(&mut self, depth: usize) -> String {
        match self.rng.below(9) {
            8 => {
                let text = self.path(Ty::Text).unwrap_or_else(|| "key".to_owned());
                let function = self.rng.pick(&["contains", "starts_with", "ends_with"]);
                format!("{function}({text}, \"a\")")
            }
            0 if depth > 0 => {
                format!("({} and {})", self.value(Ty::Flag, depth), self.value(Ty::Flag, depth))
            }
            1 if depth > 0 => format!("({} or {})", self.value(Ty::Flag, depth), self.value(Ty::Flag, depth)),
            2 => format!("(not {})", self.path(Ty::Flag).unwrap_or_else(|| "order.urgent".to_owned())),
            3 => {
                let maybe = self.rng.pick(&[Ty::MaybeItem, Ty::MaybeText, Ty::MaybeWhole]);
                let path = self.path(maybe).unwrap_or_else(|| "order.limit".to_owned());
                format!("({path} {} none)", self.rng.pick(&["==", "!="]))
            }
            4 => format!(
                "({} {} {})",
                self.path(Ty::Text).unwrap_or_else(|| "key".to_owned()),
                self.rng.pick(&["==", "!=", "<"]),
                self.value(Ty::Text, 1)
            ),
            5 => format!(
                "({} {} {})",
                self.value(Ty::Num, 1),
                self.rng.pick(&["<", ">=", "=="]),
                self.value(Ty::Num, 1)
            ),
            _ => format!(
                "({} {} {})",
                self.value(Ty::Whole, 1),
                self.rng.pick(&["<", "<=", ">", "!="]),
                self.value(Ty::Whole, 1)
            ),
        }
    }
}
