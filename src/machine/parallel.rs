//! Branches. They run one after another here, each from the time at which all begin; the whole ends when the last one does.

use serde_json::Value as Json;

use super::{
    definition::Flow,
    execution::{Level, Run, Visit},
    failure::Stop,
};

impl Run<'_> {
    pub(super) fn parallel(
        &mut self,
        visit: Visit<'_>,
        branches: &[Flow],
        arguments: Option<&Json>,
        level: &Level,
    ) -> Result<Json, Stop> {
        let input = match arguments {
            Some(arguments) => self.queries.value(arguments, &self.reading(visit, level, None))?,
            None => level.input.clone(),
        };
        let (start, mut end) = (self.now, self.now);
        let mut results = Vec::with_capacity(branches.len());
        for branch in branches {
            self.now = start;
            results.push(self.flow(branch, level.inner(input.clone()))?);
            end = end.max(self.now);
        }
        self.now = end;
        Ok(Json::Array(results))
    }
}
