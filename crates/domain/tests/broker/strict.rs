//! A provider that rotates its tokens and takes each refresh token once, as Slack does.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tieline_domain::{
    connection::{CredentialKind, Workspace},
    integration::Credentials,
    ports::{Clock, CodeExchange, GrantedScopes, ProviderClient, ProviderError, RefreshError},
    provider::{CredentialProblem, Grant, GrantedCredential, Provider, Providers},
    reason::Reason,
    revocation::{RevocationItem, RevocationOutcome, RevocationSubject},
};
use tieline_testkit::{FixedClock, policies};

use crate::steps::step;

/// How long its tokens live.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_hours(12);

/// What the chain of a person's tokens ends with, where the workspace has one.
const PERSON: &str = "+person";

/// What goes wrong with a refresh.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing arrives there.
    Unsent,
    /// It does what it was asked to, and its answer is lost.
    ReplyLost,
    /// What was sent is lost, and nobody can tell.
    RequestLost,
    /// It asks to be left alone for so long.
    TooMany(Duration),
}

/// The tokens of one workspace: each has a number, and the last one's refresh token is good.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) last: u32,
    pub(crate) revoked: bool,
    /// The access tokens up to this number are dead, whatever becomes of the refresh tokens.
    pub(crate) dead_up_to: u32,
    /// How often a refresh token came that was spent already.
    pub(crate) spent_again: u32,
}

pub(crate) struct StrictProvider {
    clock: Arc<FixedClock>,
    chains: Mutex<BTreeMap<String, Chain>>,
    faults: Mutex<VecDeque<Fault>>,
    pub(crate) refreshes: AtomicU32,
    pub(crate) questions: AtomicU32,
    pub(crate) revoked: Mutex<Vec<String>>,
    next_workspace: Mutex<String>,
    held: AtomicBool,
    with_person: AtomicBool,
}

impl StrictProvider {
    pub(crate) fn new(clock: &Arc<FixedClock>) -> Arc<Self> {
        Arc::new(Self {
            clock: clock.clone(),
            chains: Mutex::default(),
            faults: Mutex::default(),
            refreshes: AtomicU32::default(),
            questions: AtomicU32::default(),
            revoked: Mutex::default(),
            next_workspace: Mutex::new("T1".to_owned()),
            held: AtomicBool::default(),
            with_person: AtomicBool::default(),
        })
    }

    /// The sample provider that is like Slack, with this one behind it.
    pub(crate) fn providers(self: &Arc<Self>) -> Providers {
        let provider = Provider {
            policy: Arc::new(policies::slack_like()),
            client: Some(self.clone()),
            events: None,
        };
        [provider].into_iter().collect()
    }

    /// The workspace that the next code is for.
    pub(crate) fn next_is(&self, workspace: &str) {
        workspace.clone_into(&mut self.next_workspace.lock().unwrap());
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.faults.lock().unwrap().push_back(fault);
    }

    /// Answers no request to end a connection until it is let go.
    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::Relaxed);
    }

    pub(crate) fn let_go(&self) {
        self.held.store(false, Ordering::Relaxed);
    }

    /// From now on the person gets a token as well.
    pub(crate) fn grant_to_people(&self) {
        self.with_person.store(true, Ordering::Relaxed);
    }

    /// No faults any more.
    pub(crate) fn forgive(&self) {
        self.faults.lock().unwrap().clear();
    }

    pub(crate) fn chain(&self, workspace: &str) -> Chain {
        self.chains()[workspace]
    }

    /// Somebody ends the app there.
    pub(crate) fn uninstall(&self, workspace: &str) {
        self.chains().get_mut(workspace).unwrap().revoked = true;
    }

    /// Somebody revokes the access token, and nothing else.
    pub(crate) fn kill_access(&self, workspace: &str) {
        let mut chains = self.chains();
        let chain = chains.get_mut(workspace).unwrap();
        chain.dead_up_to = chain.last;
    }

    fn chains(&self) -> MutexGuard<'_, BTreeMap<String, Chain>> {
        self.chains.lock().unwrap()
    }

    /// Issues the next tokens of a workspace.
    fn issue(&self, workspace: &str) -> GrantedCredential {
        let mut chains = self.chains();
        let chain = chains.entry(workspace.to_owned()).or_default();
        chain.last += 1;
        let number = chain.last;
        GrantedCredential {
            kind: if workspace.ends_with(PERSON) {
                CredentialKind::User
            } else {
                CredentialKind::Bot
            },
            access_token: format!("at/{workspace}/{number}").into(),
            refresh_token: Some(format!("rt/{workspace}/{number}").into()),
            scopes: vec!["chat:write".to_owned()],
            expires_at: Some(self.clock.now() + LIFE),
        }
    }

    fn redeem(&self, token: &str) -> Result<GrantedCredential, RefreshError> {
        let (workspace, number) = read(token);
        let reason = {
            let mut chains = self.chains();
            let chain = chains.get_mut(workspace).unwrap();
            if chain.revoked {
                Some(Reason::TokenRevoked)
            } else if chain.last == number {
                None
            } else {
                chain.spent_again += 1;
                Some(Reason::TokenInvalid)
            }
        };
        match reason {
            Some(reason) => Err(RefreshError::Rejected(reason.into())),
            None => Ok(self.issue(workspace)),
        }
    }
}

/// Workspace and number of a token.
pub(crate) fn read(token: &str) -> (&str, u32) {
    let mut parts = token.split('/').skip(1);
    let (workspace, number) = (parts.next().unwrap(), parts.next().unwrap());
    (workspace, number.parse().unwrap())
}

#[async_trait]
impl ProviderClient for StrictProvider {
    async fn exchange_code(
        &self,
        _: &Credentials,
        _: &CodeExchange,
    ) -> Result<Grant, ProviderError> {
        let id = self.next_workspace.lock().unwrap().clone();
        let mut token = self.issue(&id);
        token.scopes.push("channels:read".to_owned());
        let with_person = self.with_person.load(Ordering::Relaxed);
        let person = with_person.then(|| self.issue(&format!("{id}{PERSON}")));
        Ok(Grant {
            workspace: Workspace {
                id,
                name: None,
                bot_user_id: None,
            },
            person: None,
            credentials: [Some(token), person].into_iter().flatten().collect(),
            incoming_webhook: None,
        })
    }

    async fn refresh(
        &self,
        _: &Credentials,
        _: &str,
        credential: &GrantedCredential,
    ) -> Result<GrantedCredential, RefreshError> {
        step().await;
        self.refreshes.fetch_add(1, Ordering::Relaxed);
        let token = credential.refresh_token.as_ref().unwrap();
        let fault = self.faults.lock().unwrap().pop_front();
        let unreachable = || Reason::ProviderUnreachable.into();
        let answer = match fault {
            Some(Fault::Unsent) => Err(RefreshError::Refused(unreachable())),
            Some(Fault::RequestLost) => Err(RefreshError::Unknown(unreachable())),
            Some(Fault::TooMany(retry_after)) => Err(RefreshError::Refused(ProviderError {
                retry_after: Some(retry_after),
                ..Reason::ProviderRateLimited.into()
            })),
            Some(Fault::ReplyLost) => {
                // Rejected or not, nobody hears of it.
                drop(self.redeem(token.expose_secret()));
                Err(RefreshError::Unknown(unreachable()))
            }
            None => self.redeem(token.expose_secret()),
        };
        step().await;
        answer
    }

    async fn verify(
        &self,
        _: &Credentials,
        _: &str,
        credentials: &[GrantedCredential],
    ) -> Result<GrantedScopes, ProviderError> {
        step().await;
        self.questions.fetch_add(1, Ordering::Relaxed);
        let mut scopes = GrantedScopes::new();
        for credential in credentials {
            let (workspace, number) = read(credential.access_token.expose_secret());
            let chain = self.chain(workspace);
            // Two tokens live at a time.
            if chain.revoked || number + 1 < chain.last || number <= chain.dead_up_to {
                return Err(Reason::TokenRevoked.into());
            }
            scopes.insert(credential.kind, credential.scopes.clone());
        }
        Ok(scopes)
    }

    async fn revoke(
        &self,
        _: &Credentials,
        credential: &GrantedCredential,
    ) -> Result<(), ProviderError> {
        let token = credential.access_token.expose_secret().to_owned();
        self.revoked.lock().unwrap().push(token);
        Ok(())
    }

    async fn disconnect(
        &self,
        _: &Credentials,
        workspace: &Workspace,
        _: &[GrantedCredential],
    ) -> Vec<RevocationItem> {
        while self.held.load(Ordering::Relaxed) {
            step().await;
        }
        let (outcome, failure) = match self.faults.lock().unwrap().pop_front() {
            None => (RevocationOutcome::Revoked, None),
            Some(_) => (
                RevocationOutcome::Pending,
                Some(Reason::ProviderUnreachable.into()),
            ),
        };
        if failure.is_none() {
            self.uninstall(&workspace.id);
        }
        let subjects = [RevocationSubject::App, RevocationSubject::BotToken];
        let item = |subject| RevocationItem {
            subject,
            outcome,
            failure: failure.clone(),
        };
        subjects.map(item).into()
    }

    async fn exchange_token(
        &self,
        _: &Credentials,
        _: &GrantedCredential,
    ) -> Result<Option<GrantedCredential>, RefreshError> {
        Ok(None)
    }

    async fn app_token(
        &self,
        _: &Credentials,
        _: &str,
    ) -> Result<Option<GrantedCredential>, ProviderError> {
        Ok(None)
    }

    async fn check_credentials(
        &self,
        _: &Credentials,
    ) -> Result<Vec<CredentialProblem>, ProviderError> {
        Ok(Vec::new())
    }
}
