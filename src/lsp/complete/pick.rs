//! Of very many items those that are meant: an editor that is sent all names of a large program is slower than one who types.

use lsp_types::{CompletionItem, CompletionList};

/// Items that are sent at once.
const MOST: usize = 400;

/// All items; or where there are too many those that what was typed can stand for, the likeliest first, and the editor asks again.
pub(super) fn those_meant(mut items: Vec<CompletionItem>, typed: &str) -> CompletionList {
    if items.len() <= MOST {
        return CompletionList { is_incomplete: false, items };
    }
    let typed = typed.to_lowercase();
    items.retain(|item| stands_for(&typed, &item.label));
    let is_incomplete = items.len() > MOST || !typed.is_empty();
    let rank = |item: &CompletionItem| {
        let begins = item.label.to_lowercase().starts_with(&typed);
        (!begins, item.sort_text.clone().unwrap_or_else(|| item.label.clone()))
    };
    if items.len() > MOST {
        items.sort_by_cached_key(rank);
        items.truncate(MOST);
    }
    CompletionList { is_incomplete, items }
}

/// Whether the letters of a text stand in a name, in their order.
fn stands_for(typed: &str, name: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    typed.chars().all(|wanted| letters.any(|letter| letter == wanted))
}
