//! "Did you mean": the known name that a misspelled one is nearest to, and lists of names in messages.

/// The nearest of the known names: the same but for case, or at most one edit away for every three characters, of which one at least
/// stays. Ties go to the name that comes first in the alphabet.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    all_near(word, known).first().copied()
}

/// All that are near, the nearest first.
pub fn all_near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let length = word.chars().count();
    let allowed = length.div_ceil(3).min(length.saturating_sub(1));
    let lower = word.to_lowercase();
    let distances = known.into_iter().map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name));
    let mut near: Vec<(usize, &str)> = distances.filter(|(distance, _)| *distance <= allowed).collect();
    near.sort_unstable();
    near.into_iter().map(|(_, name)| name).collect()
}

/// `a` or `an`, as a word wants it, which may stand in backticks.
pub fn article(word: &str) -> &'static str {
    if word.trim_start_matches('`').starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) {
        "an"
    } else {
        "a"
    }
}

/// The help line for an unknown word: the nearest candidate, or all of them where they are few.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    candidates.sort_unstable();
    candidates.dedup();
    match candidates.as_slice() {
        [] => None,
        few if few.len() <= 12 => Some(there_are(few)),
        _ => None,
    }
}

/// What there is to choose from.
pub fn there_are<T: AsRef<str>>(words: &[T]) -> String {
    format!("there {} {}", if words.len() == 1 { "is" } else { "are" }, listed(words))
}

/// Words in backticks, joined by commas and an `and`.
pub fn listed<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [one] => format!("`{}`", one.as_ref()),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{}`", word.as_ref())).collect();
            format!("{} and `{}`", first.join(", "), last.as_ref())
        }
    }
}

/// The kind that other languages call by a word.
pub fn foreign_kind(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let word = lower.strip_prefix("aws_").unwrap_or(&lower);
    Some(match word {
        "database" | "db" | "dataset" | "data_product" | "glue_catalog_database" => "domain",
        "type" | "struct" | "record" | "class" | "interface" | "model" | "message" => "schema",
        "view" | "materialized_view" => "query",
        "s3" | "s3_bucket" => "bucket",
        "iam_role" | "user" | "iam_user" => "role",
        "kms" | "kms_key" => "key",
        "lambda" | "lambda_function" | "fn" | "func" | "def" => "function",
        "workflow" | "dag" | "state_machine" | "step_function" | "sfn_state_machine" => "pipeline",
        "variable" | "var" | "const" | "constant" | "input" => "param",
        "kinesis" | "kinesis_stream" => "stream",
        "glue_catalog_table" => "table",
        "sns" | "sns_topic" => "topic",
        "sqs" | "sqs_queue" => "queue",
        "org" => "organization",
        "ou" | "organizational_unit" => "unit",
        "scp" => "guardrail",
        "import" | "include" | "require" => "use",
        _ => return None,
    })
}
