//! Expressions of a pipeline, with the type of every part.

use smol_str::SmolStr;

use super::{Builder, fault, fit, fit::Fit, names};
use crate::{
    diagnostic::Diagnostic,
    platform::{
        Base, DataType, ResourceId,
        pipeline::{Each, Expression, ExpressionKind, LocalId, Origin},
        test::ANY,
    },
    resolve::{Meaning, scope::as_path},
    source::Span,
    syntax::ast::{Expr, ExprKind, Field, Ident, StringPart, UnaryOp},
};

impl Builder<'_, '_> {
    /// An expression that must fit a type. `what` names the place that wants it.
    pub(super) fn expected(&mut self, expr: &Expr, wanted: &DataType, what: &str) -> Option<Expression> {
        if let Some(value) = self.test_value(expr, wanted) {
            return value;
        }
        if let Some(value) = self.time(expr, wanted, what) {
            return value;
        }
        if let (ExprKind::Record(fields), Base::Record(_)) = (&expr.kind, &wanted.base) {
            return self.record(fields, wanted, expr.span);
        }
        if let (ExprKind::List(items), Base::List(element)) = (&expr.kind, &wanted.base) {
            let items: Option<Vec<Expression>> =
                items.iter().map(|item| self.expected(item, element, "the list's element")).collect();
            let ty = DataType { nullable: false, ..wanted.clone() };
            return Some(Expression { kind: ExpressionKind::List(items?), ty, span: expr.span });
        }
        if let (ExprKind::ListOf(item, over, value, condition), Base::List(element)) =
            (&expr.kind, &wanted.base)
        {
            let list = self.list_of(item, over, value, condition.as_deref(), Some(element), expr.span)?;
            return self.must_fit(list, wanted, what);
        }
        match (&expr.kind, &wanted.base) {
            (ExprKind::Record(fields), Base::Json) => return self.any_record(fields, expr.span),
            (ExprKind::List(items), Base::Json) => {
                let items = items.iter().map(|item| self.expected(item, wanted, what));
                let items: Option<Vec<Expression>> = items.collect();
                return Some(Expression::new(ExpressionKind::List(items?), Base::Json, expr.span));
            }
            // A whole number as it is written is of whichever type holds it.
            (ExprKind::Number(text), Base::Int) if text.parse::<i32>().is_ok() => {
                let number = Expression::new(ExpressionKind::Number(text.clone()), Base::Int, expr.span);
                return self.must_fit(number, wanted, what);
            }
            _ => {}
        }
        let given = self.expression(expr)?;
        self.must_fit(given, wanted, what)
    }

    /// A record where any JSON is wanted: its fields are what is written.
    fn any_record(&mut self, fields: &[Field], span: Span) -> Option<Expression> {
        let mut given: Vec<(SmolStr, Expression)> = Vec::new();
        let mut whole = true;
        for field in fields {
            if given.iter().any(|(name, _)| *name == field.name.name) {
                let first = fields.iter().find(|one| one.name.name == field.name.name);
                let first = first.map_or(span, |one| one.value.span);
                self.report(fault::argument_twice(field.value.span, &field.name.name, first));
                whole = false;
                continue;
            }
            let any = DataType::plain(Base::Json).or_null();
            match self.expected(&field.value, &any, &format!("`{}`", field.name.name)) {
                Some(value) => given.push((field.name.name.clone(), value)),
                None => whole = false,
            }
        }
        whole.then(|| Expression::new(ExpressionKind::Record(given), Base::Json, span))
    }

    /// Reports a value that does not fit.
    pub(super) fn must_fit(
        &mut self,
        given: Expression,
        wanted: &DataType,
        what: &str,
    ) -> Option<Expression> {
        let matches = |pattern: &SmolStr, text: &str| self.context.whole_match(pattern, text);
        if let Some(broken) = fault::broken_condition(&given, wanted, matches) {
            self.report(fault::constant_out_of_bounds(given.span, &broken));
            return None;
        }
        let strangers = fit::strangers(&given.ty, wanted);
        if given.ty.base == wanted.base && !strangers.is_empty() {
            let (strangers, known) = (strangers.join("`, `"), wanted.refinement.one_of.join("`, `"));
            self.report(fault::strange_values(given.span, what, &strangers, &known));
            return None;
        }
        if fit::is_open(&given.ty, wanted) && given.as_text().is_none() {
            self.report(fault::open_text(given.span, what, &wanted.refinement.one_of));
            return None;
        }
        match fit::fit(self.context.platform, &given.ty, wanted) {
            _ if given.as_text().is_some() && given.ty.base == wanted.base => Some(given),
            Fit::Yes => Some(given),
            Fit::ButForNone => {
                let name = self.written(given.span);
                self.report(fault::maybe_none(given.span, &name));
                None
            }
            Fit::No => {
                let platform = &self.context.platform;
                let (mut from, mut to) =
                    (fit::described(platform, &given.ty), fit::described(platform, wanted));
                let misfit = fit::misfit(platform, &given.ty, wanted);
                if from == to && misfit.is_none() {
                    (from, to) = (fit::exactly(platform, &given.ty), fit::exactly(platform, wanted));
                }
                let mut diagnostic = fault::does_not_fit(given.span, what, &from, &to);
                if let Some((place, from, to)) = misfit {
                    diagnostic = diagnostic
                        .help(format!("this value{place}: `{to}` is wanted, and given is `{from}`"));
                }
                self.report(diagnostic);
                None
            }
        }
    }

    /// An expression of whatever type it has.
    pub(super) fn expression(&mut self, expr: &Expr) -> Option<Expression> {
        let span = expr.span;
        let simple = |kind, base| Some(Expression::new(kind, base, span));
        match &expr.kind {
            ExprKind::None => Some(Expression {
                kind: ExpressionKind::None,
                ty: DataType::plain(Base::Unknown).or_null(),
                span,
            }),
            ExprKind::Bool(value) => simple(ExpressionKind::Bool(*value), Base::Boolean),
            ExprKind::Number(text) => simple(ExpressionKind::Number(text.clone()), base_of_number(text)),
            ExprKind::String(parts) => self.string(parts, span),
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::Field(of, name) => self.field(expr, of, name),
            ExprKind::Index(of, at) => self.index(of, at, span),
            ExprKind::List(items) => self.list(items, span),
            ExprKind::ListOf(item, over, value, condition) => {
                self.list_of(item, over, value, condition.as_deref(), None, span)
            }
            ExprKind::Unary(UnaryOp::Not, inner) => {
                let inner = self.expected(inner, &DataType::plain(Base::Boolean), "`not`")?;
                simple(ExpressionKind::Not(Box::new(inner)), Base::Boolean)
            }
            ExprKind::Unary(UnaryOp::Negate, inner) => {
                let inner = self.number(inner, "`-`")?;
                let base = inner.ty.base.clone();
                simple(ExpressionKind::Negate(Box::new(inner)), base)
            }
            ExprKind::Binary(operator, at, a, b) => self.binary(*operator, *at, a, b, span),
            ExprKind::Call(callee, args) => match self.function_name(callee) {
                Some((name, at)) => self.apply(name, at, args, span),
                None => {
                    let report = self.call_inside(callee, span);
                    self.report(report);
                    None
                }
            },
            ExprKind::Run(_) => {
                self.report(fault::call_in_expression(span));
                None
            }
            ExprKind::BadUnit(number, unit) => {
                self.report(fault::unknown_unit(span, number, unit));
                None
            }
            ExprKind::Record(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_)
            | ExprKind::Tagged(..)
            | ExprKind::Pattern(_) => {
                self.report(fault::no_value(span, crate::resolve::value::described(expr)));
                None
            }
            ExprKind::Error => None,
        }
    }

    /// What is wrong with a call in an expression that calls no function of expressions.
    fn call_inside(&mut self, callee: &Expr, span: Span) -> Diagnostic {
        let ExprKind::Name(name) = &callee.kind else { return fault::call_in_expression(span) };
        let path = as_path(callee);
        let declared = path.is_some_and(|path| self.context.peek(self.file, &path).is_some());
        if !declared && self.is_reader(name) {
            return fault::reader_alone(&Ident { name: name.clone(), span: callee.span });
        }
        if declared || self.library.integration_named(name).is_some() {
            return fault::call_in_expression(span);
        }
        let known = self.library.pipeline_functions.iter().map(|function| function.name.as_str());
        match crate::suggest::nearest(name, known) {
            Some(near) => {
                let name = Ident { name: name.clone(), span: callee.span };
                fault::unknown_function(&name, Some(near))
            }
            None => fault::call_in_expression(span),
        }
    }

    fn name(&mut self, name: &SmolStr, span: Span) -> Option<Expression> {
        if let Some(id) = self.names.read(name) {
            return Some(self.local(id, span));
        }
        if name == "task_token" {
            return self.task_token(span);
        }
        if self.wildcards && name == "_" {
            return Some(Expression::text(ANY, span));
        }
        self.declared(&Expr { kind: ExprKind::Name(name.clone()), span })
    }

    /// A local where it is read.
    pub(super) fn local(&self, id: LocalId, span: Span) -> Expression {
        let ty =
            self.names.local(id).map_or_else(|| DataType::plain(Base::Unknown), |local| local.ty.clone());
        self.known(Expression { kind: ExpressionKind::Local(id), ty, span })
    }

    /// The same expression, not null where it is known not to be.
    fn known(&self, mut expression: Expression) -> Expression {
        if expression.ty.nullable && self.names.is_present(&expression) {
            expression.ty.nullable = false;
        }
        expression
    }

    fn task_token(&mut self, span: Span) -> Option<Expression> {
        if !self.awaiting {
            self.report(fault::no_task_token(span));
            return None;
        }
        self.token_passed = true;
        Some(Expression::new(ExpressionKind::Context("Task.Token".into()), Base::String, span))
    }

    /// A name that is no local: a parameter of the program, or a mistake.
    fn declared(&mut self, expr: &Expr) -> Option<Expression> {
        let path = as_path(expr)?;
        let first = path.parts.first()?.clone();
        match self.context.peek(self.file, &path) {
            Some(Meaning::Param(at)) => {
                let param = self.context.params.get(at as usize)?.value.clone();
                self.expression(&Expr { kind: param.kind, span: expr.span })
            }
            Some(Meaning::Resource(id)) if self.context.platform.kind_of(id).name == "bucket" => {
                Some(Expression::new(ExpressionKind::Location(id, Vec::new()), Base::Location, expr.span))
            }
            Some(meaning) => {
                let (what, declared) = self.context.described(meaning);
                self.report(fault::declaration_as_value(expr.span, &first.name, &what, declared));
                None
            }
            None => {
                if let Some(bound) = self.names.gone(&first.name) {
                    self.report(fault::out_of_reach(&first, bound));
                } else if let Some(near) = crate::suggest::nearest(&first.name, self.names.visible()) {
                    let near = near.to_owned();
                    self.report(fault::unknown_name(&first, &near));
                } else {
                    self.context.lookup(self.file, &path);
                }
                None
            }
        }
    }

    fn field(&mut self, expr: &Expr, of: &Expr, name: &Ident) -> Option<Expression> {
        if let Some(path) = as_path(expr)
            && let Some(first) = path.parts.first()
            && self.names.find(&first.name).is_none()
        {
            return self.declared(expr);
        }
        let of = self.expression(of)?;
        self.field_of(of, name)
    }

    fn field_of(&mut self, of: Expression, name: &Ident) -> Option<Expression> {
        let span = of.span.to(name.span);
        if of.ty.nullable {
            let written = self.written(of.span);
            self.report(fault::maybe_none(of.span, &written));
            return None;
        }
        let ty = match &of.ty.base {
            Base::Record(id) => {
                let schema = self.context.platform.schema(*id);
                match schema.column(&name.name) {
                    Some(column) => column.ty.clone(),
                    None => {
                        let diagnostic = fault::unknown_member(name, schema);
                        self.report(diagnostic);
                        return None;
                    }
                }
            }
            Base::Json | Base::Unknown => DataType::plain(Base::Json),
            Base::List(_) => {
                self.report(fault::member_of_list(name));
                return None;
            }
            _ => {
                let ty = fit::described(self.context.platform, &of.ty);
                self.report(fault::member_of_scalar(name, &ty));
                return None;
            }
        };
        let field = Expression { span, ..of.field(name.name.clone(), ty) };
        Some(self.known(field))
    }

    fn index(&mut self, of: &Expr, at: &Expr, span: Span) -> Option<Expression> {
        let of = self.expression(of)?;
        if of.ty.nullable {
            let written = self.written(of.span);
            self.report(fault::maybe_none(of.span, &written));
            return None;
        }
        let (key, ty) = match &of.ty.base {
            Base::List(element) => (Base::BigInt, element.as_ref().clone().or_null()),
            Base::Map(key, value) => (key.base.clone(), value.as_ref().clone().or_null()),
            Base::Json | Base::Unknown => (Base::Json, DataType::plain(Base::Json)),
            _ => {
                let ty = fit::described(self.context.platform, &of.ty);
                self.report(fault::not_indexable(of.span, &ty));
                return None;
            }
        };
        let at = self.expected(at, &DataType::plain(key), "an index")?;
        Some(self.known(Expression { kind: ExpressionKind::Index(Box::new(of), Box::new(at)), ty, span }))
    }

    fn list(&mut self, items: &[Expr], span: Span) -> Option<Expression> {
        let items: Option<Vec<Expression>> = items.iter().map(|item| self.expression(item)).collect();
        let items = items?;
        let mut element =
            items.first().map_or_else(|| DataType::plain(Base::Unknown), |item| item.ty.clone());
        for item in &items {
            match fit::common(self.context.platform, &element, &item.ty) {
                Some(ty) => element = ty,
                None => {
                    let (a, b) = (
                        fit::described(self.context.platform, &element),
                        fit::described(self.context.platform, &item.ty),
                    );
                    self.report(fault::does_not_fit(item.span, "a list of such elements", &b, &a));
                    return None;
                }
            }
        }
        let length = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let mut ty = DataType::plain(Base::List(Box::new(element)));
        ty.refinement.max_length = Some(length);
        Some(Expression { kind: ExpressionKind::List(items), ty, span })
    }

    /// `[for x in xs: x.a if x.b]`, of elements of a type where one is wanted.
    fn list_of(
        &mut self,
        item: &Ident,
        over: &Expr,
        value: &Expr,
        condition: Option<&Expr>,
        wanted: Option<&DataType>,
        span: Span,
    ) -> Option<Expression> {
        let over = self.expression(over)?;
        let element = self.element(&over)?;
        self.names.open();
        let id = self.bind(item, element, Origin::Element);
        if self.names.find(&item.name) != Some(id) {
            self.names.close();
            return None;
        }
        let boolean = DataType::plain(Base::Boolean);
        let condition = condition.map(|condition| self.expected(condition, &boolean, "`if`"));
        if let Some(Some(condition)) = &condition {
            self.names.assume(names::present_when(condition, true));
        }
        let value = match wanted {
            Some(wanted) => self.expected(value, wanted, "the list's element"),
            None => self.expression(value),
        };
        self.names.close();
        let value = value?;
        let condition = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        let mut ty = DataType::plain(Base::List(Box::new(value.ty.clone())));
        ty.refinement.max_length = over.ty.refinement.max_length;
        let each = Each { item: id, over, condition, value };
        Some(Expression { kind: ExpressionKind::Each(Box::new(each)), ty, span })
    }

    fn record(&mut self, fields: &[Field], wanted: &DataType, span: Span) -> Option<Expression> {
        let Base::Record(id) = wanted.base else { return None };
        let schema = self.context.platform.schema(id).clone();
        let mut given: Vec<(SmolStr, Expression)> = Vec::new();
        let mut whole = true;
        for field in fields {
            let Some(column) = schema.column(&field.name.name) else {
                self.report(fault::unknown_member(&field.name, &schema));
                whole = false;
                continue;
            };
            match self.expected(&field.value, &column.ty, &format!("`{}`", column.name)) {
                Some(value) => given.push((column.name.clone(), value)),
                None => whole = false,
            }
        }
        for column in schema.columns.iter().filter(|column| !column.ty.nullable) {
            if !fields.iter().any(|field| field.name.name == column.name) {
                self.report(fault::missing_member(span, &column.name, &schema.name));
                whole = false;
            }
        }
        let ty = DataType { nullable: false, ..wanted.clone() };
        whole.then_some(Expression { kind: ExpressionKind::Record(given), ty, span })
    }

    fn string(&mut self, parts: &[StringPart], span: Span) -> Option<Expression> {
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push(match part {
                StringPart::Text(text) => Expression::text(text, span),
                StringPart::Expr(inner) => {
                    let value = self.expression(inner)?;
                    self.as_text(value)?
                }
            });
        }
        match pieces.as_slice() {
            [] => Some(constant_text(Expression::text("", span))),
            [one] if one.as_text().is_some() => pieces.pop().map(constant_text),
            _ => {
                let labels = pieces.iter().flat_map(|piece| piece.ty.labels.clone()).collect();
                let longest: Option<u64> = pieces.iter().map(longest_text).sum();
                let mut ty = DataType { labels, ..DataType::plain(Base::String) };
                ty.refinement.max_length = longest;
                Some(Expression { kind: ExpressionKind::Join(pieces), ty, span })
            }
        }
    }

    /// A value that is put into text.
    pub(super) fn as_text(&mut self, value: Expression) -> Option<Expression> {
        if value.ty.nullable {
            let name = self.written(value.span);
            self.report(fault::maybe_none(value.span, &name));
            return None;
        }
        if !fit::is_scalar(&value.ty.base) {
            let ty = fit::described(self.context.platform, &value.ty);
            self.report(fault::no_text(value.span, &ty));
            return None;
        }
        Some(value)
    }

    /// `place / "key"`.
    pub(super) fn below(&mut self, place: Expression, key: &Expr, span: Span) -> Option<Expression> {
        let key = self.expected(key, &DataType::plain(Base::String), "a key")?;
        let pieces = match key.kind {
            ExpressionKind::Join(pieces) => pieces,
            kind => vec![Expression { kind, ..key }],
        };
        let known = self.place_of(&place).cloned();
        if let Some(Expression { kind: ExpressionKind::Location(bucket, above), .. }) = known {
            return Some(Expression::new(
                ExpressionKind::Location(bucket, joined_key(above, pieces, span)),
                Base::Location,
                span,
            ));
        }
        let mut all = vec![place, Expression::text("/", span)];
        all.extend(pieces);
        Some(Expression::new(ExpressionKind::Join(all), Base::Location, span))
    }

    /// The place in a bucket that an expression is, as far as the program says.
    pub(super) fn place_of<'e>(&'e self, expression: &'e Expression) -> Option<&'e Expression> {
        match &expression.kind {
            ExpressionKind::Location(..) => Some(expression),
            ExpressionKind::Local(id) => self.places.get(id),
            _ => None,
        }
    }

    /// The bucket and the beginning of the key that are known of a place.
    pub(super) fn known_place(&self, expression: &Expression) -> Option<(ResourceId, String, bool)> {
        let ExpressionKind::Location(bucket, key) = &self.place_of(expression)?.kind else { return None };
        let constant: Vec<&str> = key.iter().map_while(Expression::as_text).collect();
        Some((*bucket, constant.concat(), constant.len() == key.len()))
    }
}

/// A key below another: `raw` and `x` are `raw/x`, and a key begins with no `/`.
fn joined_key(mut above: Vec<Expression>, mut below: Vec<Expression>, span: Span) -> Vec<Expression> {
    if let Some(first) = below.first_mut()
        && let Some(text) = first.as_text()
    {
        first.kind = ExpressionKind::Text(SmolStr::new(text.trim_start_matches('/')));
    }
    let open = above.last().is_some_and(|last| last.as_text().is_none_or(|text| !text.ends_with('/')));
    if open {
        above.push(Expression::text("/", span));
    }
    above.extend(below);
    above
}

/// The narrowest type that holds a number as it is written.
fn base_of_number(text: &str) -> Base {
    match text {
        // As in SQL: with a point it is exact, and so many digits long.
        _ if text.contains(['e', 'E']) => Base::Double,
        _ if text.contains('.') => {
            let count = |text: &str| u8::try_from(text.len()).unwrap_or(u8::MAX);
            let (whole, part) = text.split_once('.').unwrap_or_default();
            Base::Decimal(count(whole).saturating_add(count(part)), count(part))
        }
        _ if text.parse::<i32>().is_ok() => Base::Int,
        _ => Base::BigInt,
    }
}

/// How many characters the text of a value can have, where its type says so.
fn longest_text(value: &Expression) -> Option<u64> {
    match (&value.kind, &value.ty.base) {
        (ExpressionKind::Text(text), _) => u64::try_from(text.chars().count()).ok(),
        (_, Base::String) => value.ty.refinement.max_length,
        (_, Base::Location) => Some(LONGEST_URI),
        _ => Some(LONGEST_SCALAR),
    }
}

/// `s3://`, a bucket's name of 63 characters, `/` and a key of 1,024.
pub(super) const LONGEST_URI: u64 = 1_093;
/// Numbers, booleans and timestamps need no more characters than this.
const LONGEST_SCALAR: u64 = 64;

/// Text that the program gives, with its type: it is this and no other.
fn constant_text(mut text: Expression) -> Expression {
    text.ty.refinement.one_of = text.as_text().map(SmolStr::from).into_iter().collect();
    text
}
