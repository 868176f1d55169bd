//! Conditions on constant values: ranges, lengths, patterns, forms of ARNs and ids.

use smol_str::SmolStr;

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{FieldDecl, models, types::number},
    platform::{Refinement, Value, ValueKind},
    source::Span,
    suggest::nearest,
};

impl Context<'_> {
    /// Reports where a value breaks a condition of its field.
    pub(super) fn check_value(&mut self, value: &Value, field: &FieldDecl) {
        if field.refinement.is_empty() {
            return;
        }
        match &value.kind {
            ValueKind::List(items) => {
                self.check_length(items.len(), "elements", value.span, field);
                let element = Refinement { min_length: None, max_length: None, ..field.refinement.clone() };
                for item in items {
                    self.check_scalar(item, field, &element);
                }
            }
            ValueKind::Map(entries) => self.check_length(entries.len(), "entries", value.span, field),
            _ => {
                if let ValueKind::Text(text) = &value.kind {
                    self.check_length(text.chars().count(), "characters", value.span, field);
                }
                self.check_scalar(value, field, &field.refinement);
            }
        }
    }

    fn check_length(&mut self, length: usize, unit: &str, span: Span, field: &FieldDecl) {
        let length = length as u64;
        let (min, max) =
            (field.refinement.min_length.unwrap_or(0), field.refinement.max_length.unwrap_or(u64::MAX));
        if length < min || length > max {
            let range = match (field.refinement.min_length, field.refinement.max_length) {
                (Some(min), Some(max)) if min == max => format!("exactly {min} {unit}"),
                (Some(min), Some(max)) => format!("{min} to {max} {unit}"),
                (Some(min), None) => format!("at least {min} {unit}"),
                (_, Some(max)) => format!("at most {max} {unit}"),
                _ => return,
            };
            self.diagnostics.push(out_of_range(
                span,
                format!("`{}` has {range}", field.name),
                format!("this has {length}"),
            ));
        }
    }

    fn check_scalar(&mut self, value: &Value, field: &FieldDecl, refinement: &Refinement) {
        let (amount, unit) = match &value.kind {
            ValueKind::Int(number) => (Some(*number as f64), ""),
            ValueKind::Decimal(text) => (text.parse().ok(), ""),
            ValueKind::Duration(milliseconds) => (Some(*milliseconds as f64 / 1000.0), " seconds"),
            ValueKind::Size(bytes) => (Some(*bytes as f64), " bytes"),
            _ => (None, ""),
        };
        let (min, max) = (number(&refinement.min), number(&refinement.max));
        if let Some(amount) = amount
            && (min.is_some_and(|min| amount < min) || max.is_some_and(|max| amount > max))
        {
            let range = match (&refinement.min, &refinement.max) {
                (Some(min), Some(max)) => format!("from {min} to {max}{unit}"),
                (Some(min), None) => format!("at least {min}{unit}"),
                (_, Some(max)) => format!("at most {max}{unit}"),
                _ => return,
            };
            self.diagnostics.push(out_of_range(
                value.span,
                format!("`{}` is {range}", field.name),
                format!("this is {amount}{unit}"),
            ));
        }
        if let ValueKind::Text(text) = &value.kind {
            self.check_text(text, value.span, field, refinement);
        }
    }

    fn check_text(&mut self, text: &str, span: Span, field: &FieldDecl, refinement: &Refinement) {
        if let Some(pattern) = &refinement.matching
            && !self.whole_match(pattern, text)
        {
            let message = format!("`{text}` has not the form that `{}` must have", field.name);
            let diagnostic = Diagnostic::error(catalogue::OUT_OF_RANGE, span, message, "wrong form");
            self.diagnostics.push(diagnostic.help(format!("it must match `{pattern}`")));
        }
        if !refinement.one_of.is_empty() && !refinement.one_of.iter().any(|known| known == text) {
            let listed = super::suggest::listed(&refinement.one_of);
            let diagnostic = Diagnostic::error(
                catalogue::OUT_OF_RANGE,
                span,
                format!("`{}` can't be `{text}`", field.name),
                "none of them",
            );
            self.diagnostics.push(diagnostic.help(format!("it can be {listed}")));
        }
    }

    /// Whether a pattern matches the whole text. Each pattern is compiled once; one that can't be is reported where it is declared.
    pub(super) fn whole_match(&mut self, pattern: &SmolStr, text: &str) -> bool {
        let compiled = self
            .patterns
            .entry(pattern.clone())
            .or_insert_with(|| regex::Regex::new(&format!("^(?:{pattern})$")).ok());
        compiled.as_ref().is_none_or(|regex| regex.is_match(text))
    }

    /// An ARN of the right form: six parts, a known partition, an account of twelve digits where there is one, and the service and resource wanted.
    pub(super) fn arn(&mut self, text: &str, wanted: Option<&str>, span: Span) -> Option<ValueKind> {
        match arn_fault(text, wanted) {
            None => Some(ValueKind::Text(SmolStr::new(text))),
            Some(fault) => {
                self.diagnostics.push(bad_arn(text, &fault, wanted, span));
                None
            }
        }
    }

    pub(super) fn account_id(&mut self, text: SmolStr, span: Span) -> Option<ValueKind> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(ValueKind::Text(text));
        }
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let label = if digits == text.chars().count() {
            format!("this has {digits}")
        } else {
            "not only digits".to_owned()
        };
        self.diagnostics.push(
            Diagnostic::error(catalogue::BAD_ACCOUNT_ID, span, "an account's id has twelve digits", label)
                .help("copy it from the account's page, without dashes: `\"123456789012\"`"),
        );
        None
    }

    /// A region that is known. One that is not may be newer than this compiler, if it is made of words as regions are.
    pub(super) fn region(&mut self, text: SmolStr, span: Span) -> ValueKind {
        if models::regions().any(|known| known == text) {
            return ValueKind::Text(text);
        }
        let near = nearest(&text, models::regions());
        let mend = |diagnostic: Diagnostic, other: &str| match near {
            Some(near) => diagnostic.help(format!("did you mean `\"{near}\"`?{other}")),
            None => diagnostic.help("write it as AWS does: `\"us-east-1\"`"),
        };
        if has_form_of_region(&text) {
            let message = format!("`{text}` is no region that is known here");
            let diagnostic = Diagnostic::warning(catalogue::BAD_REGION, span, message, "is it new?");
            self.diagnostics.push(mend(
                diagnostic,
                " A region that is newer than this compiler can be used all the same",
            ));
            return ValueKind::Text(text);
        }
        let message = format!("`{text}` is no region");
        let diagnostic = Diagnostic::error(catalogue::BAD_REGION, span, message, "not a region's name");
        let diagnostic = mend(diagnostic, "");
        self.diagnostics.push(match near {
            Some(near) => diagnostic.fix(span, format!("\"{near}\"")),
            None => diagnostic,
        });
        // What is wrong is said; that there is none would be said twice.
        ValueKind::Text(text)
    }
}

/// Whether a text is made as the names of regions are: an area of two letters, the words that some known region has, a number.
fn has_form_of_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = parts.as_slice() else { return false };
    let known = |word: &&str| models::regions().any(|region| region.split('-').skip(1).any(|it| it == *word));
    area.len() == 2
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && !words.is_empty()
        && words.iter().all(known)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Services whose ARNs name no region.
const GLOBAL_SERVICES: &[&str] = &["iam", "organizations", "s3"];

/// What ARNs name without an account: buckets, and what AWS itself or everybody has.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html>, and those of EC2 and Systems Manager.
const WITHOUT_ACCOUNT: &[&str] = &[
    "s3:",
    "apigateway:",
    "route53:",
    "bedrock:foundation-model/",
    "ec2:image/",
    "ec2:snapshot/",
    "ssm:parameter/aws/",
];

/// What is wrong with an ARN.
pub fn arn_fault(text: &str, wanted: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, _region, account, resource] = parts.as_slice() else {
        return Some(format!(
            "this has {} of an ARN's six parts, `arn:partition:service:region:account:resource`",
            parts.len()
        ));
    };
    if *arn != "arn" {
        return Some("an ARN begins with `arn:`".into());
    }
    if !["aws", "aws-cn", "aws-us-gov"].contains(partition) {
        return Some(format!("there is no partition `{partition}`"));
    }
    if service.is_empty() || resource.is_empty() {
        return Some("the service or the resource is missing".into());
    }
    let actual = format!("{service}:{resource}");
    let without_account = WITHOUT_ACCOUNT.iter().any(|known| actual.starts_with(known));
    if account.is_empty() && !without_account {
        return Some("the account is missing".into());
    }
    if !account.is_empty()
        && *account != "aws"
        && !(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Some(format!("`{account}` is no account: twelve digits are"));
    }
    match wanted {
        Some(wanted) if !actual.starts_with(wanted) => {
            Some(format!("this is an ARN of `{service}`, and no `{wanted}…`"))
        }
        _ => None,
    }
}

fn bad_arn(text: &str, fault: &str, wanted: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(catalogue::BAD_ARN, span, format!("`{text}` is no valid ARN"), fault);
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    if let [arn, partition, service, region, "", resource] = parts.as_slice() {
        let whole = format!("{arn}:{partition}:{service}:{region}:123456789012:{resource}");
        if arn_fault(&whole, wanted).is_none() {
            return diagnostic
                .help(format!("write the account's number between region and resource: `\"{whole}\"`"));
        }
    }
    let (service, resource) = wanted.and_then(|wanted| wanted.split_once(':')).unwrap_or(("iam", "role/"));
    let region = if GLOBAL_SERVICES.contains(&service) { "" } else { "us-east-1" };
    diagnostic.help(format!("write it whole: `\"arn:aws:{service}:{region}:123456789012:{resource}…\"`"))
}

fn out_of_range(span: Span, message: String, label: String) -> Diagnostic {
    Diagnostic::error(catalogue::OUT_OF_RANGE, span, message.clone(), label)
        .help(format!("keep within: {message}"))
}
