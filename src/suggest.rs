//! "Did you mean": the known name that a misspelled one is nearest to.

/// The nearest of the known names: the same but for case, or at most one edit away for every three characters. Ties go to the name that
/// comes first in the alphabet.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = word.chars().count().div_ceil(3);
    let lower = word.to_lowercase();
    let distances = known.into_iter().map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name));
    distances.filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}
