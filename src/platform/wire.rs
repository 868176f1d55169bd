//! How Step Functions spells what botocore names.

use super::{Base, DataType, Platform, SchemaId};

/// A member's name as the AWS SDK for Java spells it, which is what `aws-sdk` integrations take and return: the capitals that it begins with in small
/// letters, all but the last of them where a small letter follows, and the first letter a capital. `DBInstanceIdentifier` is
/// `DbInstanceIdentifier`, `jobName` is `JobName`, `BOOL` is `Bool`.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html>, and what its users measured.
pub fn sdk_member(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let run = letters.iter().take_while(|letter| letter.is_ascii_uppercase()).count();
    let next_is_small = letters.get(run).is_some_and(char::is_ascii_lowercase);
    let lowered = if run > 1 && next_is_small { run - 1 } else { run };
    let small = letters.iter().enumerate().map(|(at, letter)| {
        if at == 0 {
            letter.to_ascii_uppercase()
        } else if at < lowered {
            letter.to_ascii_lowercase()
        } else {
            *letter
        }
    });
    small.collect()
}

/// Whether a type has a record with a member that is spelled otherwise there.
pub fn is_respelled(platform: &Platform, ty: &DataType) -> bool {
    let mut open = vec![ty];
    let mut seen: Vec<SchemaId> = Vec::new();
    while let Some(ty) = open.pop() {
        match &ty.base {
            Base::List(element) | Base::Map(_, element) => open.push(element),
            Base::Record(id) if !seen.contains(id) => {
                seen.push(*id);
                for column in &platform.schema(*id).columns {
                    if sdk_member(&column.name) != column.name {
                        return true;
                    }
                    open.push(&column.ty);
                }
            }
            _ => {}
        }
    }
    false
}
