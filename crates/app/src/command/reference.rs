//! What is generated from the program itself: the API document and the error reference.

use std::fmt::Write;

use tieline_domain::reason::{Mender, Reason};

pub(crate) fn openapi() -> anyhow::Result<()> {
    print!("{}", tieline_adapter_http::openapi().to_yaml()?);
    Ok(())
}

/// The text of `docs/errors.md`.
pub(crate) fn errors() -> String {
    let mut text = String::from(
        "# Errors\n\n\
         <!-- Written by `cargo xtask errors`; edit crates/domain/src/reason.rs. -->\n\n\
         Every failure has one of these codes: in the `code` of an API error, in the `code` of a \
         connect attempt and of the redirect to a product's own page, and in the log. Codes are \
         stable.\n\n\
         | code | what happened | who can mend it | how |\n| --- | --- | --- | --- |\n",
    );
    for reason in Reason::ALL {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            reason.code(),
            reason.what(),
            mender(reason.mender()),
            reason.remedy()
        );
    }
    text
}

fn mender(mender: Mender) -> &'static str {
    match mender {
        Mender::Person => "the person",
        Mender::WorkspaceAdmin => "an administrator of the workspace",
        Mender::Product => "the product's developers",
        Mender::Operator => "whoever runs Tieline",
        Mender::Provider => "the provider",
    }
}
