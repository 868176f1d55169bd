//! What the tree knows about places in the text.

use crate::source::Span;
use crate::syntax::ast::{
    Arg, Assert, AssertSubject, BinaryOp, CallPolicy, Cap, Column, Decl, Expr, ExprKind, Field, Grant, Ident,
    Item, Member, Module, Path, RefinementKind, Share, Sql, Statement, StatementKind, TestEnd, TestStep,
    TestStepKind, TypeArg, TypeExpr, Use,
};

/// Something about the token at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// An item begins here.
    Item(Entry),
    /// A name, behind which a bracket stands close.
    Name,
    /// Nothing stands between the token before and this one.
    Close,
    /// This `<` opens the arguments of a type.
    Angle,
    /// This `>` closes them.
    CloseAngle,
    /// A sign that belongs to what follows.
    Prefix,
    /// An operator between two operands; the lower, the weaker.
    Infix(u8),
    /// What follows a column's type begins here, or one token before.
    Tail { before: bool },
    /// The arrow is one token before.
    Lowering,
    /// A colon is one token before, and stands close to what it follows.
    Colon,
    /// A clause of a sentence begins here, or one token before.
    Clause { before: bool },
    /// A piece of SQL up to an offset; a query's own stands on lines of its own.
    Sql { end: usize, query: bool },
}

/// What kind of item it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Entry {
    /// `name = value`.
    Field,
    /// `name : type`.
    Column,
    /// `let name = value`.
    Let,
    /// `name = value` as an argument.
    Named,
    /// `kind name …`.
    Decl,
    /// Any other that has a line of its own.
    Line,
    /// An element of a list, an argument.
    #[default]
    Element,
}

/// The hints of a module in the order of their places, which are offsets in its text.
pub(super) fn of(module: &Module, base: u32) -> Vec<(usize, Hint)> {
    let mut hints = Collector { base, list: Vec::new() };
    for line in &module.uses {
        hints.use_line(line);
    }
    for item in &module.items {
        match item {
            Item::Decl(decl) => hints.decl(decl),
            Item::Grant(grant) => hints.grant(grant),
            Item::Share(share) => hints.share(share),
            Item::Assert(assert) => hints.assert(assert),
        }
    }
    hints.list.sort_by_key(|(at, _)| *at);
    hints.list
}

struct Collector {
    base: u32,
    list: Vec<(usize, Hint)>,
}

impl Collector {
    fn put(&mut self, at: u32, hint: Hint) {
        self.list.push((at.saturating_sub(self.base) as usize, hint));
    }

    fn item(&mut self, span: Span, entry: Entry) {
        self.put(span.start, Hint::Item(entry));
    }

    fn name(&mut self, ident: &Ident) {
        self.put(ident.span.start, Hint::Name);
        // `Get*` is two tokens.
        if ident.name.len() > 1 && ident.name.ends_with('*') {
            self.put(ident.span.end.saturating_sub(1), Hint::Close);
        }
    }

    fn path(&mut self, path: &Path) {
        path.parts.iter().for_each(|part| self.name(part));
    }

    /// Names in brackets.
    fn names(&mut self, names: &[Ident]) {
        for name in names {
            self.item(name.span, Entry::Element);
        }
    }

    fn sql(&mut self, sql: Sql, query: bool) {
        let end = sql.span.end.saturating_sub(self.base) as usize;
        if !sql.span.is_empty() {
            self.put(sql.span.start, Hint::Sql { end, query });
        }
    }

    fn clause(&mut self, expr: &Expr) {
        self.put(expr.span.start, Hint::Clause { before: true });
        self.expr(expr);
    }

    fn use_line(&mut self, line: &Use) {
        self.item(line.span, Entry::Line);
        self.path(&line.path);
        self.names(line.names.as_deref().unwrap_or_default());
    }

    fn decl(&mut self, decl: &Decl) {
        self.item(decl.span, Entry::Decl);
        decl.name.iter().for_each(|name| self.name(name));
        decl.params.iter().flatten().for_each(|column| self.column(column));
        decl.result.iter().chain(&decl.ty).for_each(|ty| self.ty(ty));
        decl.target
            .iter()
            .chain(&decl.on)
            .chain(&decl.account)
            .chain(&decl.into)
            .for_each(|it| self.path(it));
        decl.sql.iter().for_each(|sql| self.sql(*sql, true));
        decl.value.iter().for_each(|value| self.expr(value));
        decl.body.iter().flatten().for_each(|member| self.member(member));
    }

    fn member(&mut self, member: &Member) {
        match member {
            Member::Field(field) => self.field(field),
            Member::Column(column) => self.column(column),
            Member::Decl(decl) => self.decl(decl),
            Member::Statement(statement) => self.statement(statement),
            Member::Deny(grant) => self.grant(grant),
            Member::Step(step) => self.step(step),
        }
    }

    fn field(&mut self, field: &Field) {
        self.item(field.name.span, Entry::Field);
        self.expr(&field.value);
    }

    fn column(&mut self, column: &Column) {
        self.item(column.span, Entry::Column);
        self.ty(&column.ty);
        let words = column.key.iter().copied().chain(column.labels.iter().map(|label| label.span));
        let first =
            words.chain(column.ty.refinements.iter().map(|one| one.span)).map(|span| span.start).min();
        match (first, &column.default) {
            (Some(first), Some(default)) if default.span.start < first => {
                self.put(default.span.start, Hint::Tail { before: true });
            }
            (Some(first), _) => self.put(first, Hint::Tail { before: false }),
            (None, Some(default)) => self.put(default.span.start, Hint::Tail { before: true }),
            (None, None) => {}
        }
        column.default.iter().for_each(|default| self.expr(default));
        if let Some(lowering) = &column.lowers_to {
            self.put(lowering.path.span.start, Hint::Lowering);
            self.path(&lowering.path);
        }
    }

    fn ty(&mut self, ty: &TypeExpr) {
        self.path(&ty.path);
        if ty.args.iter().any(|arg| matches!(arg, TypeArg::Type(_))) {
            self.put(ty.path.span.end, Hint::Angle);
            self.put(ty.span.end.saturating_sub(1 + u32::from(ty.nullable)), Hint::CloseAngle);
        }
        for arg in &ty.args {
            match arg {
                TypeArg::Number(number) => self.expr(number),
                TypeArg::Type(ty) => self.ty(ty),
            }
        }
        for refinement in &ty.refinements {
            match &refinement.kind {
                RefinementKind::In(low, high) | RefinementKind::Length(low, high) => {
                    low.iter().chain(high).for_each(|bound| self.expr(bound));
                }
                RefinementKind::Matching(pattern) => self.expr(pattern),
                RefinementKind::OneOf(values) => self.elements(values),
            }
        }
    }

    fn elements(&mut self, values: &[Expr]) {
        for value in values {
            self.item(value.span, Entry::Element);
            self.expr(value);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(_) => self.put(expr.span.start, Hint::Name),
            ExprKind::Field(value, name) => {
                self.expr(value);
                self.name(name);
            }
            ExprKind::Index(value, index) => {
                self.expr(value);
                self.expr(index);
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                args.iter().for_each(|arg| self.arg(arg));
            }
            ExprKind::Tagged(tag, _) if tag.name == "percent" => {
                self.put(expr.span.end.saturating_sub(1), Hint::Close);
            }
            ExprKind::Run(inner) | ExprKind::Tagged(_, inner) => self.expr(inner),
            // `to A, B` is a list without brackets.
            ExprKind::List(values)
                if values.first().is_some_and(|first| first.span.start == expr.span.start) =>
            {
                values.iter().for_each(|value| self.expr(value));
            }
            ExprKind::List(values) => self.elements(values),
            ExprKind::ListOf(_, over, element, condition) => {
                self.put(element.span.start, Hint::Colon);
                self.expr(over);
                self.expr(element);
                condition.iter().for_each(|condition| self.expr(condition));
            }

            ExprKind::Record(fields) => fields.iter().for_each(|field| self.field(field)),
            ExprKind::Unary(op, inner) => {
                if *op == crate::syntax::ast::UnaryOp::Negate {
                    self.put(expr.span.start, Hint::Prefix);
                }
                self.expr(inner);
            }
            ExprKind::Binary(_, last, left, right) if is_day(expr) => {
                // One word to whoever reads it: a blank in it makes it something else.
                if let ExprKind::Binary(_, first, _, month) = &left.kind {
                    let inner = [first.start, month.span.start, last.start, right.span.start];
                    inner.into_iter().for_each(|at| self.put(at, Hint::Close));
                }
            }
            ExprKind::Binary(op, span, left, right) => {
                self.put(span.start, Hint::Infix(power(*op)));
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Pattern(path) => self.path(path),
            // The text inside a string stays as it is.
            ExprKind::String(_)
            | ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_)
            | ExprKind::BadUnit(..)
            | ExprKind::Error => {}
        }
    }

    fn arg(&mut self, arg: &Arg) {
        match &arg.name {
            Some(name) => self.item(name.span, Entry::Named),
            None => self.item(arg.value.span, Entry::Element),
        }
        self.expr(&arg.value);
    }

    fn statement(&mut self, statement: &Statement) {
        let entry = if matches!(statement.kind, StatementKind::Let(..)) { Entry::Let } else { Entry::Line };
        self.item(statement.span, entry);
        match &statement.kind {
            StatementKind::Let(_, value, policy) | StatementKind::Call(value, policy) => {
                self.expr(value);
                self.policy(policy);
            }
            StatementKind::If(arms, otherwise) => {
                for (condition, body) in arms {
                    self.expr(condition);
                    self.block(body);
                }
                self.block(otherwise.as_deref().unwrap_or_default());
            }
            StatementKind::Match(subject, arms) => {
                self.expr(subject);
                for arm in arms {
                    self.item(arm.span, Entry::Line);
                    arm.pattern.iter().for_each(|pattern| self.expr(pattern));
                    self.block(&arm.body);
                }
            }
            StatementKind::Parallel(body) => self.block(body),
            StatementKind::For(each) => {
                each.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&each.over);
                each.options
                    .iter()
                    .filter_map(|(_, value)| value.as_ref())
                    .for_each(|value| self.expr(value));
                self.block(&each.body);
            }
            StatementKind::Try(body, catches) => {
                self.block(body);
                catches.iter().for_each(|catch| self.block(&catch.body));
            }
            StatementKind::Wait(value) | StatementKind::WaitUntil(value) => self.expr(value),
            StatementKind::Fail(_, cause) => cause.iter().for_each(|cause| self.expr(cause)),
            StatementKind::Return(value) => value.iter().for_each(|value| self.expr(value)),
        }
    }

    fn block(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn policy(&mut self, policy: &CallPolicy) {
        for value in policy.retry.iter().chain(&policy.timeout).chain(&policy.heartbeat) {
            self.clause(value);
        }
        policy.callback.iter().for_each(|span| self.put(span.start, Hint::Clause { before: false }));
    }

    fn grant(&mut self, grant: &Grant) {
        self.item(grant.span, Entry::Line);
        grant.caps.iter().for_each(|cap| self.cap(cap));
        let clauses = grant.on.iter().chain(&grant.to).chain(&grant.until).chain(&grant.outside);
        clauses.chain(&grant.except).for_each(|value| self.clause(value));
        for (at, condition) in grant.conditions.iter().enumerate() {
            if at == 0 {
                self.put(condition.span.start, Hint::Clause { before: true });
            }
            self.expr(condition);
        }
        if let Some(filter) = grant.filter {
            self.sql(filter, false);
        }
        grant.grant_option.iter().for_each(|span| self.put(span.start, Hint::Clause { before: false }));
    }

    fn cap(&mut self, cap: &Cap) {
        self.path(&cap.path);
        for chosen in cap.columns.iter().flatten() {
            self.item(chosen.span(), Entry::Element);
        }
    }

    fn share(&mut self, share: &Share) {
        self.item(share.span, Entry::Line);
        self.path(&share.table);
        self.path(&share.with);
    }

    fn assert(&mut self, assert: &Assert) {
        self.item(assert.span, Entry::Line);
        match &assert.subject {
            AssertSubject::One(value) => self.expr(value),
            AssertSubject::None(..) => {}
            AssertSubject::Only(values) => self.elements(values),
        }
        assert.caps.iter().for_each(|cap| self.cap(cap));
        self.clause(&assert.on);
        if let Some(filter) = assert.filter {
            self.sql(filter, false);
        }
    }

    /// The path of a subject is no name that brackets stand close to: `given readings [ … ]`.
    fn step(&mut self, step: &TestStep) {
        self.item(step.span, Entry::Line);
        match &step.kind {
            TestStepKind::Given(_, value)
            | TestStepKind::Rows(_, value)
            | TestStepKind::Contains(_, value)
            | TestStepKind::Result(value) => self.expr(value),
            TestStepKind::When(call, end, after) => {
                self.expr(call);
                match end {
                    TestEnd::Returns(value) => self.expr(value),
                    TestEnd::Fails(_, cause) => cause.iter().for_each(|cause| self.expr(cause)),
                }
                after.iter().for_each(|after| self.expr(after));
            }
            TestStepKind::Error(_, cause) => cause.iter().for_each(|cause| self.expr(cause)),
            TestStepKind::Calls(calls, _) => calls.iter().for_each(|call| self.expr(call)),
            TestStepKind::Nothing(_) => {}
        }
    }
}

/// Whether it is a day without quotes, `2027-01-31`, which reads as subtractions.
fn is_day(expr: &Expr) -> bool {
    let numbers = |expr: &Expr, length: u32| {
        matches!(expr.kind, ExprKind::Number(_)) && expr.span.end - expr.span.start == length
    };
    let touching =
        |left: &Expr, sign: Span, right: &Expr| left.span.end == sign.start && sign.end == right.span.start;
    let ExprKind::Binary(BinaryOp::Subtract, last, before, day) = &expr.kind else { return false };
    let ExprKind::Binary(BinaryOp::Subtract, first, year, month) = &before.kind else { return false };
    numbers(year, 4)
        && numbers(month, 2)
        && numbers(day, 2)
        && touching(year, *first, month)
        && touching(before, *last, day)
}

fn power(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Coalesce => 1,
        BinaryOp::Or => 2,
        BinaryOp::And => 3,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessOrEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterOrEqual => 4,
        BinaryOp::Add | BinaryOp::Subtract => 5,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => 6,
    }
}
