//! The report: a line for each finding, and below it how to mend what is not good.

use super::{Finding, State};

pub(super) fn print(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", as_json(findings)?);
    } else {
        print!("{}", as_text(findings));
    }
    Ok(())
}

fn as_json(findings: &[Finding]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&serde_json::json!({
        "good": count(findings, State::Good),
        "warning": count(findings, State::Warning),
        "bad": count(findings, State::Bad),
        "findings": findings,
    }))
}

fn as_text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|found| found.what.chars().count());
    let width = width.max().unwrap_or_default();
    let mut lines = Vec::new();
    for found in findings {
        let Finding {
            what, state, told, ..
        } = found;
        lines.push(format!("{state:7}  {what:width$}  {told}"));
        if let Some(mend) = &found.mend {
            lines.push(format!("{:7}  {:width$}  Mend: {mend}", "", ""));
        }
    }
    lines.push(format!(
        "\n{} good, {} to know of, {} bad.\n",
        count(findings, State::Good),
        count(findings, State::Warning),
        count(findings, State::Bad)
    ));
    lines.join("\n")
}

fn count(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|found| found.state == state).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_good_is_followed_by_how_to_mend_it() {
        let findings = [
            Finding::good("database", "It answers."),
            Finding::bad("clock", "It is off.", "Set it."),
        ];
        let expected = "\
            good     database  It answers.\n\
            bad      clock     It is off.\n                   \
            Mend: Set it.\n\n\
            1 good, 0 to know of, 1 bad.\n";
        assert_eq!(as_text(&findings), expected);
        let json: serde_json::Value = serde_json::from_str(&as_json(&findings).unwrap()).unwrap();
        assert_eq!(json["bad"], 1);
        assert_eq!(json["findings"][1]["mend"], "Set it.");
        assert_eq!(json["findings"][0]["mend"], serde_json::Value::Null);
    }
}
