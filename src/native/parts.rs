//! A whole query as the operator's plan: the branches of `UNION ALL`, and in each of them one window or the rows themselves, with what
//! numbers, conditions and computed columns stand behind.

use crate::{
    diagnostic::Diagnostic,
    platform::{Platform, Query, Stream},
    source::Span,
    sql::{
        event_time::is_event_time,
        plan::{Comparison, Expr, ExprKind, Literal, Order, Relation, RelationKind, WindowShape},
        types,
    },
    window::{self, First, Part, Plan, RowQuery, Select, Stage, Top},
};

use super::{
    expr::{self, Columns},
    flatten,
    groups::{self, Shape},
    over, refused,
    sets::{self, Branch},
};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// What the parts are made with.
struct Maker<'a> {
    platform: &'a Platform,
    stream: &'a Stream,
    event_time: Option<usize>,
    span: Span,
}

/// The operator's plan of a query over one stream.
pub fn plan(platform: &Platform, stream: &Stream, query: &Query) -> Result<Plan> {
    let columns = &platform.schema(stream.schema).columns;
    let time = stream.watermark.as_ref().map(|(name, _)| name);
    let event_time = time.and_then(|name| columns.iter().position(|column| column.name == *name));
    let maker = Maker { platform, stream, event_time, span: query.span };
    let parts =
        branches(&query.plan).iter().map(|(branch, _)| maker.part(branch)).collect::<Result<Vec<_>>>()?;
    let input = columns.iter().map(|column| {
        types::physical(&column.ty.base).ok_or_else(|| refused(column.span, "a column that is no scalar"))
    });
    let plan = Plan {
        input: input.collect::<Result<_>>()?,
        event_time,
        watermark_delay_ms: groups::delay(stream),
        late: groups::late(stream),
        parts,
    };
    plan.validate().map_err(|error| refused(query.span, &error.to_string()))?;
    Ok(plan)
}

/// The queries that `UNION ALL` joins. What is computed from their rows together is computed from those of each.
fn branches(plan: &Relation) -> Vec<Branch> {
    match &plan.kind {
        RelationKind::Union(parts) => parts.iter().flat_map(branches).collect(),
        RelationKind::Filter { input, .. } | RelationKind::Project { input, .. } => {
            branches(input).into_iter().map(|branch| above(plan, branch)).collect()
        }
        _ => sets::branches(plan).unwrap_or_else(|| vec![(plan.clone(), None)]),
    }
}

/// A condition or computed columns over other rows. Columns that are computed hide which set of keys a row is of.
fn above(plan: &Relation, (rows, set): Branch) -> Branch {
    let (input, of) = (Box::new(rows), set.as_ref());
    let (kind, set) = match &plan.kind {
        RelationKind::Filter { condition, .. } => {
            (RelationKind::Filter { input, condition: sets::told(condition, of) }, set)
        }
        RelationKind::Project { exprs, .. } => {
            let exprs = exprs.iter().map(|expr| sets::told(expr, of)).collect();
            (RelationKind::Project { input, exprs }, None)
        }
        _ => return (*input, set),
    };
    (Relation { kind, fields: plan.fields.clone(), span: plan.span }, set)
}

impl Maker<'_> {
    fn part(&self, relation: &Relation) -> Result<Part> {
        let waits =
            |below: &Relation| matches!(below.kind, RelationKind::Rank { .. } | RelationKind::Over { .. });
        if !relation.chain().any(waits) {
            return Ok(Part { first: self.first(relation)?, then: Vec::new() });
        }
        match &relation.kind {
            RelationKind::Rank { input, partition, order } => {
                let mut part = self.part(input)?;
                part.then.push(Stage::Top(self.top(input, partition, order)?));
                Ok(part)
            }
            RelationKind::Over { input, over } => {
                let mut part = self.part(input)?;
                let over = over::stage(input, over, &part, relation.span)?;
                part.then.push(Stage::Over(Box::new(over)));
                Ok(part)
            }
            RelationKind::Filter { input, condition } => {
                let mut part = self.part(input)?;
                self.limit(&mut part, input, condition);
                let columns = columns(input);
                let filter = Some(expr::convert(condition, &columns)?);
                let output = columns.types.iter().enumerate();
                let output = output.map(|(index, ty)| window::Expr::column(index, *ty)).collect();
                part.then.push(Stage::Select(Select { filter, output }));
                Ok(part)
            }
            RelationKind::Project { input, exprs } => {
                let mut part = self.part(input)?;
                let columns = columns(input);
                let output = exprs.iter().map(|expr| expr::convert(expr, &columns)).collect::<Result<_>>()?;
                part.then.push(Stage::Select(Select { filter: None, output }));
                Ok(part)
            }
            _ => Err(refused(relation.span, "this use of ROW_NUMBER or OVER")),
        }
    }

    /// What takes the stream's rows: a window with its groups, or the rows themselves.
    fn first(&self, relation: &Relation) -> Result<First> {
        let plan = flatten::flattened(&projected(relation));
        if let Some(shape) = Shape::of(&plan) {
            return Ok(First::Groups(Box::new(groups::operator_query(self.stream, &shape, self.span)?)));
        }
        let RelationKind::Project { input, exprs } = &plan.kind else {
            return Err(refused(relation.span, "this query"));
        };
        let (input, filter) = groups::unfiltered(input);
        let (scan, shape) = match &input.kind {
            RelationKind::Window { input: scan, time, shape } => {
                if Some(time.0) != self.event_time {
                    return Err(refused(time.1, "a window over a computed time"));
                }
                (scan.as_ref(), Some(shape))
            }
            _ => (input, None),
        };
        if !matches!(scan.kind, RelationKind::Scan(_)) {
            return Err(refused(relation.span, "a window over this query"));
        }
        if matches!(shape, Some(WindowShape::Session { .. })) {
            return Err(refused(input.span, "a SESSION without GROUP BY"));
        }
        let rows = columns(input);
        Ok(First::Rows(RowQuery {
            filter: filter.map(|filter| expr::convert(filter, &rows)).transpose()?,
            window: shape.map(groups::operator_window),
            output: exprs.iter().map(|expr| expr::convert(expr, &rows)).collect::<Result<_>>()?,
        }))
    }

    fn top(&self, input: &Relation, partition: &[Expr], order: &[Order]) -> Result<Top> {
        let columns = columns(input);
        let end = partition.iter().find_map(|key| match key.kind {
            ExprKind::Column(index) if input.bound(index) == Some(1) => Some(index),
            _ => None,
        });
        let order = order.iter().map(|order| Ok((expr::convert(&order.expr, &columns)?, order.descending)));
        Ok(Top {
            window_end: end.ok_or_else(|| refused(input.span, "ROW_NUMBER without the window's end"))?,
            partition: partition.iter().map(|key| expr::convert(key, &columns)).collect::<Result<_>>()?,
            order: order.collect::<Result<_>>()?,
            newest: false,
            limit: None,
            input: columns.types,
        })
    }

    /// Tells the numbering how many rows a condition lets through. The newest row alone is the one that came last, where times are equal:
    /// Flink plans it as de-duplication (`RankUtil.canConvertToDeduplicate`).
    fn limit(&self, part: &mut Part, input: &Relation, condition: &Expr) {
        let RelationKind::Project { input: ranked, exprs } = &input.kind else { return };
        let RelationKind::Rank { input: rows, order, .. } = &ranked.kind else { return };
        let [.., Stage::Top(top), Stage::Select(_)] = part.then.as_mut_slice() else { return };
        let width = rows.fields.len();
        let number =
            exprs.iter().position(|expr| matches!(expr.kind, ExprKind::Column(index) if index == width));
        top.limit = number.and_then(|number| most(condition, number));
        let [Order { expr, descending: true }] = order.as_slice() else { return };
        let by_time =
            matches!(expr.kind, ExprKind::Column(index) if is_event_time(self.platform, rows, index));
        top.newest = by_time && top.limit == Some(1);
    }
}

/// The greatest number that a condition lets through.
fn most(condition: &Expr, number: usize) -> Option<usize> {
    match &condition.kind {
        ExprKind::And(parts) => parts.iter().filter_map(|part| most(part, number)).min(),
        ExprKind::Compare(op, a, b) if matches!(a.kind, ExprKind::Column(index) if index == number) => {
            let ExprKind::Literal(Literal::Number(text)) = &b.kind else { return None };
            let limit: usize = text.parse().ok()?;
            match op {
                Comparison::Equal | Comparison::LessOrEqual => Some(limit),
                Comparison::Less => Some(limit.saturating_sub(1)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The columns of a relation as the operator has them. One that it can't hold is refused where it is used.
pub(super) fn columns(relation: &Relation) -> Columns {
    Columns::of_stream(relation.fields.iter().map(|field| field.ty.base.clone()).collect())
}

/// A relation with all its columns computed, each as it is.
fn projected(relation: &Relation) -> Relation {
    if matches!(relation.kind, RelationKind::Project { .. }) {
        return relation.clone();
    }
    let column = |(index, field): (usize, &crate::sql::plan::Field)| Expr {
        kind: ExprKind::Column(index),
        ty: field.ty.clone(),
        span: relation.span,
    };
    let exprs = relation.fields.iter().enumerate().map(column).collect();
    let kind = RelationKind::Project { input: Box::new(relation.clone()), exprs };
    Relation { kind, fields: relation.fields.clone(), span: relation.span }
}
