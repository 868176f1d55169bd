//! GROUP BY with several sets of keys: GROUPING SETS, ROLLUP, CUBE.

use smol_str::SmolStr;
use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{Binder, Named, Scope, error, faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::plan::{Expr, ExprKind, Literal, Relation, RelationKind, WindowShape},
};

/// As many sets are taken. Flink makes a row of each row for every one of them.
const MOST_SETS: usize = 64;

/// The keys of GROUP BY, and the sets of them that rows are grouped by.
pub(super) struct Grouped {
    pub keys: Vec<Expr>,
    /// For each set, which of the keys it has; none where all rows are grouped by all keys alone.
    pub sets: Vec<Vec<bool>>,
}

/// Whether an item of GROUP BY stands for several sets of keys.
pub(super) fn is_sets(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::GroupingSets(_) | ast::Expr::Rollup(_) | ast::Expr::Cube(_))
}

/// The sets that an item of GROUP BY stands for; `None` where they are too many.
fn sets_of(expr: &ast::Expr) -> Option<Vec<Vec<&ast::Expr>>> {
    let joined = |lists: &mut dyn Iterator<Item = &'_ Vec<ast::Expr>>| lists.flatten().count();
    Some(match expr {
        ast::Expr::GroupingSets(sets) => sets.iter().map(|set| set.iter().collect()).collect(),
        ast::Expr::Rollup(lists) => {
            (0..=lists.len()).rev().map(|count| lists.iter().take(count).flatten().collect()).collect()
        }
        ast::Expr::Cube(lists) if lists.len() > 6 || joined(&mut lists.iter()) > MOST_SETS => return None,
        ast::Expr::Cube(lists) => {
            let chosen = |left_out: usize| {
                let bit = |at: usize| left_out >> (lists.len() - 1 - at) & 1 == 0;
                lists.iter().enumerate().filter(|(at, _)| bit(*at)).flat_map(|(_, list)| list).collect()
            };
            (0..1_usize << lists.len()).map(chosen).collect()
        }
        other => vec![vec![other]],
    })
}

impl Binder<'_> {
    /// The keys that GROUP BY names, in the order in which they come first.
    pub(super) fn group_keys<'e>(
        &mut self,
        exprs: impl Iterator<Item = &'e ast::Expr>,
        input: &Relation,
        names: &[Named],
    ) -> Option<Grouped> {
        let exprs: Vec<&ast::Expr> = exprs.collect();
        let mut scope =
            Scope { fields: &input.fields, names: names.to_vec(), groups: None, clause: "GROUP BY" };
        if !exprs.iter().any(|expr| is_sets(expr)) {
            let keys = exprs.into_iter().map(|expr| self.expr(expr, &mut scope)).collect();
            return Some(Grouped { keys, sets: Vec::new() });
        }
        let place = exprs.iter().find(|expr| is_sets(expr)).map(|expr| self.span(*expr));
        let mut keys: Vec<Expr> = Vec::new();
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        for expr in exprs {
            let Some(own) = sets_of(expr).filter(|own| own.len() * sets.len() <= MOST_SETS) else {
                let span = self.span(expr);
                self.report(faults::too_many_sets(MOST_SETS, span));
                return None;
            };
            let numbered: Vec<Vec<usize>> = own
                .iter()
                .map(|set| set.iter().map(|key| self.numbered(key, &mut keys, &mut scope)).collect())
                .collect();
            // Rows are grouped by what stands side by side together.
            let with = |set: &Vec<usize>| {
                numbered
                    .iter()
                    .map(|own| set.iter().chain(own).copied().collect())
                    .collect::<Vec<Vec<usize>>>()
            };
            sets = sets.iter().flat_map(with).collect();
        }
        let sets: Vec<Vec<bool>> =
            sets.iter().map(|set| (0..keys.len()).map(|at| set.contains(&at)).collect()).collect();
        if sets.len() == 1 {
            return Some(Grouped { keys, sets: Vec::new() });
        }
        let twice = sets.iter().enumerate().any(|(at, set)| sets.iter().take(at).any(|other| other == set));
        if let (true, Some(place)) = (twice, place) {
            self.report(faults::set_twice(place));
            return None;
        }
        for (at, key) in keys.iter_mut().enumerate() {
            key.ty.nullable |= sets.iter().any(|set| set.get(at) == Some(&false));
        }
        Some(Grouped { keys, sets })
    }

    fn numbered(&mut self, expr: &ast::Expr, keys: &mut Vec<Expr>, scope: &mut Scope<'_>) -> usize {
        let key = self.expr(expr, scope);
        let known = keys.iter().position(|known| known.same(&key));
        known.unwrap_or_else(|| {
            keys.push(key);
            keys.len() - 1
        })
    }

    /// Every set has the window, which is none that is parted by keys: else Flink would count anew with each row.
    pub(super) fn check_sets(
        &mut self,
        input: &Relation,
        keys: &[Expr],
        sets: &[Vec<bool>],
        span: Span,
    ) -> Option<()> {
        if sets.is_empty() {
            return Some(());
        }
        let windows = input.chain().find_map(|relation| match &relation.kind {
            RelationKind::Window { shape, .. } => Some(matches!(shape, WindowShape::Session { .. })),
            _ => None,
        });
        let is_bound = |key: &Expr| matches!(key.kind, ExprKind::Column(index) if matches!(input.bound(index), Some(0 | 1)));
        let keyed = |set: &Vec<bool>| keys.iter().zip(set).all(|(key, has)| *has || !is_bound(key));
        if windows == Some(true) {
            self.report(faults::sets_of_session(span));
            return None;
        }
        if !sets.iter().all(keyed) {
            self.report(faults::sets_without_window(span));
            return None;
        }
        Some(())
    }

    /// `GROUPING(a)`, `GROUPING_ID(a, b)`: a bit for each key, 1 where the set of a row has it not.
    pub(super) fn grouping(
        &mut self,
        name: &str,
        function: &ast::Function,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let list = match &function.args {
            FunctionArguments::List(list) if list.clauses.is_empty() => list.args.as_slice(),
            _ => &[],
        };
        if scope.groups.is_none() {
            self.report(faults::grouping_here(name, scope.clause, span));
            return error(span);
        }
        let mut args = Vec::new();
        for argument in list {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument else { continue };
            let key = self.expr(expr, scope);
            let keys = scope.groups.as_ref().map_or(0, |groups| groups.keys.len());
            match key.kind {
                ExprKind::Column(at) if at < keys => args.push(key),
                ExprKind::Error => return error(span),
                _ => {
                    self.report(faults::no_key(name, key.span));
                    return error(span);
                }
            }
        }
        if args.is_empty() || args.len() != list.len() {
            self.report(faults::wrong_arguments(name, &[], &[format!("{name}(key)")], span));
            return error(span);
        }
        let ty = DataType::plain(Base::BigInt);
        if scope.groups.as_ref().is_some_and(|groups| !groups.in_sets) {
            let zero = Expr {
                kind: ExprKind::Literal(Literal::Number(SmolStr::new_static("0"))),
                ty: DataType::plain(Base::Int),
                span,
            };
            return Expr { kind: ExprKind::Cast(Box::new(zero)), ty, span };
        }
        // One key or several: both names mean the same.
        let kind = ExprKind::Call(SmolStr::new_static("GROUPING"), args);
        Expr { kind, ty, span }
    }
}
