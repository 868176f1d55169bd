//! A whole query as the operator's plan: the branches of `UNION ALL`, and each of them a tree of what takes streams' rows, of unions and joins of
//! such, and of the stages behind.

use crate::{
    diagnostic::Diagnostic,
    platform::{Platform, Query, Stream},
    source::Span,
    sql::{
        event_time::is_event_time,
        plan::{
            AggregateCall, Comparison, Expr, ExprKind, Literal, Order, Relation, RelationKind, WindowShape,
        },
        types,
    },
    window::{self, Assign, Earliest, First, Part, Plan, RowQuery, Select, Stage, Top},
};

use super::{
    expr::{self, Columns},
    flatten,
    groups::{self, Shape},
    over, pattern, refused,
    sets::{self, Branch},
};

pub(super) type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// What the parts are made with.
pub(super) struct Maker<'a> {
    pub platform: &'a Platform,
    streams: &'a [&'a Stream],
    span: Span,
}

/// The operator's plan of a query over streams.
pub fn plan(platform: &Platform, streams: &[&Stream], query: &Query) -> Result<Plan> {
    let maker = Maker { platform, streams, span: query.span };
    let parts =
        branches(&query.plan).iter().map(|(branch, _)| maker.part(branch)).collect::<Result<Vec<_>>>()?;
    let read = streams.iter().map(|stream| {
        let columns = &platform.schema(stream.schema).columns;
        let input = columns.iter().map(|column| {
            types::physical(&column.ty.base).ok_or_else(|| refused(column.span, "a column that is no scalar"))
        });
        Ok(window::Stream {
            input: input.collect::<Result<_>>()?,
            event_time: event_time(platform, stream),
            watermark_delay_ms: groups::delay(stream),
            late: groups::late(stream),
        })
    });
    let plan = Plan { streams: read.collect::<Result<_>>()?, parts };
    plan.validate().map_err(|error| refused(query.span, &error.to_string()))?;
    Ok(plan)
}

/// The column of a stream that is its event time.
fn event_time(platform: &Platform, stream: &Stream) -> Option<usize> {
    let (name, _) = stream.watermark.as_ref()?;
    platform.schema(stream.schema).columns.iter().position(|column| column.name == *name)
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
    /// A relation as a part. What a leaf can do in one go it does, above that each step is a stage.
    pub fn part(&self, relation: &Relation) -> Result<Part> {
        if is_leaf(relation) {
            return Ok(Part { first: self.first(relation)?, then: Vec::new() });
        }
        let may_group = matches!(
            relation.kind,
            RelationKind::Filter { .. } | RelationKind::Project { .. } | RelationKind::Aggregate { .. }
        );
        if may_group && let Some(part) = self.grouped(relation)? {
            return Ok(part);
        }
        match &relation.kind {
            RelationKind::Rank { input, partition, order } => match self.earliest(input, partition, order)? {
                Some(earliest) => self.then(input, Stage::Earliest(earliest)),
                None => self.then(input, Stage::Top(self.top(input, partition, order)?)),
            },
            RelationKind::Union(parts) => {
                let parts = parts.iter().map(|part| self.part(part)).collect::<Result<_>>()?;
                Ok(Part { first: First::Union(parts), then: Vec::new() })
            }
            RelationKind::Join { .. } | RelationKind::AsOf { .. } => {
                Ok(Part { first: First::Join(Box::new(self.join(relation)?)), then: Vec::new() })
            }
            RelationKind::Window { input, time, shape } => {
                if matches!(shape, WindowShape::Session { .. }) {
                    return Err(refused(relation.span, "a SESSION without GROUP BY"));
                }
                let window = groups::operator_window(shape);
                self.then(input, Stage::Assign(Assign { event_time: time.0, window }))
            }
            RelationKind::Over { input, over } => {
                let mut part = self.part(input)?;
                let stages = over::stages(input, over, &part, relation.span)?;
                part.then.extend(stages);
                Ok(part)
            }
            RelationKind::Match { input, matched } => {
                let mut part = self.part(input)?;
                let pattern = pattern::stage(input, matched, &part, relation.span)?;
                part.then.push(Stage::Match(Box::new(pattern)));
                Ok(part)
            }
            RelationKind::Aggregate { input, keys, calls, .. } => {
                self.then(input, self.regrouped(relation.span, input, keys, calls)?)
            }
            RelationKind::Filter { input, condition } => {
                let columns = columns(input);
                let filter = Some(expr::convert(condition, &columns)?);
                let output = columns.types.iter().enumerate();
                let output = output.map(|(index, ty)| window::Expr::column(index, *ty)).collect();
                let mut part = self.part(input)?;
                self.limit(&mut part, input, condition);
                part.then.push(Stage::Select(Select { filter, output }));
                Ok(part)
            }
            RelationKind::Project { input, exprs } => {
                let columns = columns(input);
                let output = exprs.iter().map(|expr| expr::convert(expr, &columns)).collect::<Result<_>>()?;
                self.then(input, Stage::Select(Select { filter: None, output }))
            }
            RelationKind::Unnest { .. } => Err(refused(relation.span, "`UNNEST`")),
            RelationKind::Scan(_) => Err(refused(relation.span, "what FROM reads")),
        }
    }

    /// A relation with a stage behind it.
    fn then(&self, relation: &Relation, stage: Stage) -> Result<Part> {
        let mut part = self.part(relation)?;
        part.then.push(stage);
        Ok(part)
    }

    /// Groups of windows over an event time that rows of a query still have, with what is computed of them.
    fn grouped(&self, relation: &Relation) -> Result<Option<Part>> {
        let plan = flatten::flattened(&projected(relation));
        let Some(shape) = Shape::of(&plan) else { return Ok(None) };
        let query = groups::operator_query(None, &shape, self.span)?;
        self.then(shape.rows, Stage::Groups(Box::new(query))).map(Some)
    }

    /// Groups of windows that rows have already.
    fn regrouped(
        &self,
        span: Span,
        input: &Relation,
        keys: &[Expr],
        calls: &[AggregateCall],
    ) -> Result<Stage> {
        let end = keys.iter().find_map(|key| match key.kind {
            ExprKind::Column(index) if input.bound(index) == Some(1) => Some(index),
            _ => None,
        });
        let windowed = end.and_then(|end| Some((end, input.traced(end)?.0)));
        let Some((end, Relation { kind: RelationKind::Window { shape, .. }, .. })) = windowed else {
            return Err(refused(span, "an aggregate over these windows"));
        };
        let query = groups::regroup(input, end, shape, (keys, calls), self.span)?;
        Ok(Stage::Regroup(Box::new(query)))
    }

    /// A stream and its place among those that are read.
    fn stream(&self, relation: &Relation) -> Option<(usize, &Stream)> {
        let RelationKind::Scan(id) = relation.kind else { return None };
        let at = self.streams.iter().position(|stream| stream.resource == id)?;
        Some((at, self.streams.get(at)?))
    }

    /// What takes a stream's rows: a window with its groups, or the rows themselves.
    fn first(&self, relation: &Relation) -> Result<First> {
        let plan = flatten::flattened(&projected(relation));
        if let Some(shape) = Shape::of(&plan)
            && let Some((at, stream)) = self.stream(shape.rows)
        {
            let query = groups::operator_query(Some(stream), &shape, self.span)?;
            return Ok(First::Groups(at, Box::new(query)));
        }
        let RelationKind::Project { input, exprs } = &plan.kind else {
            return Err(refused(relation.span, "this query"));
        };
        let (input, filter) = groups::unfiltered(input);
        let (scan, window) = match &input.kind {
            RelationKind::Window { input: scan, time, shape } => (scan.as_ref(), Some((time, shape))),
            _ => (input, None),
        };
        let Some((at, stream)) = self.stream(scan) else {
            return Err(refused(relation.span, "a window over this query"));
        };
        if let Some((time, shape)) = window {
            if Some(time.0) != event_time(self.platform, stream) {
                return Err(refused(time.1, "a window over a computed time"));
            }
            if matches!(shape, WindowShape::Session { .. }) {
                return Err(refused(input.span, "a SESSION without GROUP BY"));
            }
        }
        let rows = columns(input);
        let query = RowQuery {
            filter: filter.map(|filter| expr::convert(filter, &rows)).transpose()?,
            window: window.map(|(_, shape)| groups::operator_window(shape)),
            output: exprs.iter().map(|expr| expr::convert(expr, &rows)).collect::<Result<_>>()?,
        };
        Ok(First::Rows(at, query))
    }

    /// The first row of each key, in the order of event time, where rows are numbered over no window.
    fn earliest(&self, input: &Relation, partition: &[Expr], order: &[Order]) -> Result<Option<Earliest>> {
        let [Order { expr, descending: false }] = order else { return Ok(None) };
        let ExprKind::Column(time) = expr.kind else { return Ok(None) };
        let windowed =
            |key: &Expr| matches!(key.kind, ExprKind::Column(index) if input.bound(index) == Some(1));
        if partition.iter().any(windowed) || !is_event_time(self.platform, input, time) {
            return Ok(None);
        }
        let columns = columns(input);
        let partition = partition.iter().map(|key| expr::convert(key, &columns)).collect::<Result<_>>()?;
        Ok(Some(Earliest { time, partition, input: columns.types }))
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

/// Whether one step takes a stream's rows to all of it: conditions and computed columns, one window, and its groups.
fn is_leaf(relation: &Relation) -> bool {
    let (mut windows, mut groups) = (0, 0);
    for below in relation.chain() {
        match &below.kind {
            RelationKind::Scan(_) | RelationKind::Filter { .. } | RelationKind::Project { .. } => {}
            // Groups stand above the window of which they are.
            RelationKind::Window { .. } => windows += 1,
            RelationKind::Aggregate { .. } if windows == 0 => groups += 1,
            _ => return false,
        }
    }
    windows <= 1 && groups <= 1
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
