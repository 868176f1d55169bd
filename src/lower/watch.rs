//! What tells somebody when a declaration fails or breaks a promise: the calls of `stdlib/alarms.dpl`.

use super::{Call, Surroundings, request};
use crate::platform::{Platform, ResourceId};

/// The calls that watch over a declaration; none where nobody is told. `made` is where an earlier call of the same script has what AWS calls it.
pub fn watching<'a>(
    platform: &'a Platform,
    surroundings: &'a dyn Surroundings,
    id: ResourceId,
    made: Option<String>,
) -> Vec<Call> {
    let Some(declared) = platform.library.watched.get(&platform.resource(id).kind) else { return Vec::new() };
    if platform.alerts(id).is_none() {
        return Vec::new();
    }
    let earlier: Vec<(&str, String)> = made.map(|path| ("made", path)).into_iter().collect();
    request::calls_with(platform, surroundings, id, declared, &earlier)
}
