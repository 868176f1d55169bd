//! Loops over what a service gives page by page: the first page is asked for before the loop, and each further one behind it.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::{
    Builder, fault,
    request::label,
    template::{Fault, Template},
};
use crate::{
    library::{Integration, IntegrationId, types::constant_text},
    platform::{
        Base, DataType,
        pipeline::{Call, Expression, ExpressionKind, Step, StepKind},
    },
    source::Span,
    syntax::ast::{Arg, CallPolicy, ExprKind, ForIn},
};

/// How the pages of a loop come.
pub(super) struct Pages {
    /// The step that asks for the first.
    pub(super) first: Step,
    /// The request for a further one.
    pub(super) further: Call,
    /// The items of the page at hand.
    pub(super) items: Expression,
}

impl Builder<'_, '_> {
    /// Whether what a loop reads comes in pages.
    pub(super) fn gives_pages(&self, id: IntegrationId) -> bool {
        let word = self.library.integration(id).properties.get("loops").map(|expr| &expr.kind);
        matches!(word, Some(ExprKind::Name(word)) if word == "pages")
    }

    pub(super) fn first_page(&mut self, id: IntegrationId, args: &[Arg], each: &ForIn) -> Option<Pages> {
        let library = Arc::clone(&self.library);
        let integration = library.integration(id);
        let span = each.over.span;
        let target = self.integration_target(id, args, span)?;
        let template = self.template(self.account, target.words.clone(), span);
        let name = format_smolstr!("page of {}", label(&template, integration));
        let more = match more(&template, integration) {
            Ok(more) => more,
            Err(fault) => {
                self.report(fault::library(fault.span, &fault.why));
                return None;
            }
        };
        let ty = target.result.clone().unwrap_or_else(|| DataType::plain(Base::Json));
        let policy = self.policy(&CallPolicy::default());
        let mut first = self.finish_call(target, policy, None, span)?.call;
        let page = self.names.unseen(name, ty.clone(), span);
        first.binding = Some(page);
        first.more = Some(more);
        let mut further = first.clone();
        if let (ExpressionKind::Record(members), Some(again)) =
            (&mut further.start.arguments.kind, integration.properties.get("again").and_then(constant_text))
        {
            members.push((again, Expression::new(ExpressionKind::Kept, Base::Json, span)));
        }
        let items = Expression { kind: ExpressionKind::Local(page), ty, span };
        let first = Step { kind: StepKind::Call(Box::new(first)), doc: None, span };
        Some(Pages { first, further, items })
    }
}

/// What of an answer says that there is more.
fn more(template: &Template<'_>, integration: &Integration) -> Result<Expression, Fault> {
    let missing = |span: Span| Fault { span, why: "nothing says how a further page is asked for".into() };
    let more = integration.properties.get("more").ok_or_else(|| missing(integration.span))?;
    template.expression(more)?.ok_or_else(|| missing(more.span))
}
