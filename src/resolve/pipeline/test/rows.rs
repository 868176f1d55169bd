//! The rows of streams in a query's test.

use super::super::{Builder, fault};
use crate::{
    platform::{
        DataType, ResourceId,
        resource::Noun,
        stream::Rows,
        test::{ExpectedRows, QueryTest, Row},
    },
    resolve::scope::dotted,
    syntax::ast::{Expr, ExprKind, Path, TestStep, TestStepKind},
};

impl Builder<'_, '_> {
    /// The streams that a query writes: its sink, and where its sources divert rows to.
    pub(super) fn written_streams(&self, sink: ResourceId, sources: &[ResourceId]) -> Vec<ResourceId> {
        let platform = &self.context.platform;
        let diverted = sources.iter().filter_map(|source| platform.stream(*source)).flat_map(|stream| {
            let to = |rows| match rows {
                Some(Rows::Divert(to)) => Some(to),
                _ => None,
            };
            to(stream.late).into_iter().chain(to(Some(stream.on_invalid)))
        });
        std::iter::once(sink).chain(diverted).collect()
    }

    pub(super) fn row_line(
        &mut self,
        step: &TestStep,
        sources: &[ResourceId],
        written: &[ResourceId],
        test: &mut QueryTest,
    ) -> Option<()> {
        match &step.kind {
            TestStepKind::Given(Some(path), rows) => {
                let stream = self.stream_of_test(path, "read", sources)?;
                if test.given.iter().any(|(given, _)| *given == stream) {
                    self.report(fault::line_twice(step.span, "this stream", path.span));
                    return None;
                }
                let rows = self.rows(stream, rows, true)?;
                test.given.push((stream, rows));
            }
            TestStepKind::Rows(path, rows) => {
                let stream = self.stream_of_test(path, "write", written)?;
                let rows = ExpectedRows::Exactly(self.expected_rows(stream, rows, true)?);
                test.expected.push((stream, rows, step.span));
            }
            TestStepKind::Contains(path, rows) => {
                let stream = self.stream_of_test(path, "write", written)?;
                let rows = ExpectedRows::Among(self.expected_rows(stream, rows, false)?);
                test.expected.push((stream, rows, step.span));
            }
            TestStepKind::Nothing(path) => {
                let stream = self.stream_of_test(path, "write", written)?;
                test.expected.push((stream, ExpectedRows::Exactly(Vec::new()), step.span));
            }
            _ => {
                let help = "rows come in by `given STREAM […]`, and go out by `expect STREAM […]`";
                self.report(fault::line_of_other_test(step.span, "such line", "query", help));
                return None;
            }
        }
        Some(())
    }

    fn stream_of_test(&mut self, path: &Path, does: &str, streams: &[ResourceId]) -> Option<ResourceId> {
        let id = self.context.resource(self.file, path, "stream")?;
        if streams.contains(&id) {
            return Some(id);
        }
        let names: Vec<String> =
            streams.iter().map(|id| self.context.platform.resource(*id).name.to_string()).collect();
        self.report(fault::other_stream(path.span, &dotted(path), does, &names));
        None
    }

    /// The rows that are expected of a stream, in which `_` stands for any value.
    fn expected_rows(&mut self, stream: ResourceId, rows: &Expr, whole: bool) -> Option<Vec<Row>> {
        self.wildcards = true;
        let rows = self.rows(stream, rows, whole);
        self.wildcards = false;
        rows
    }

    /// The rows of a stream. A row may break the conditions of its columns: what becomes of such rows can be tested too.
    fn rows(&mut self, stream: ResourceId, rows: &Expr, whole: bool) -> Option<Vec<Row>> {
        let Noun::Stream(at) = self.context.platform.resource(stream).noun else { return None };
        let schema = self.context.platform.streams.get(at as usize)?.schema;
        let ExprKind::List(items) = &rows.kind else {
            self.report(fault::no_rows(rows.span));
            return None;
        };
        let schema = self.context.platform.schema(schema).clone();
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            let ExprKind::Record(fields) = &item.kind else {
                self.report(fault::no_rows(item.span));
                return None;
            };
            let mut row = Row::new();
            for field in fields {
                let Some(column) = schema.column(&field.name.name) else {
                    self.report(fault::unknown_member(&field.name, &schema));
                    return None;
                };
                let ty = DataType { nullable: column.ty.nullable, ..DataType::plain(column.ty.base.clone()) };
                row.push((
                    column.name.clone(),
                    self.expected(&field.value, &ty, &format!("`{}`", column.name))?,
                ));
            }
            let missing = schema.columns.iter().find(|column| {
                !column.ty.nullable && !fields.iter().any(|field| field.name.name == column.name)
            });
            if let Some(column) = missing.filter(|_| whole) {
                self.report(fault::missing_member(item.span, &column.name, &schema.name));
                return None;
            }
            made.push(row);
        }
        Some(made)
    }
}
