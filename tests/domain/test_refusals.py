"""The closed list of codes, and what a refusal says."""

from domain.refusals import Refusal, RefusalCode

RULES_11 = """BAD_INPUT UNAUTHENTICATED FORBIDDEN NOT_FOUND VERSION_CONFLICT COMMAND_ID_REUSED
UNKNOWN_KIND BUSY WRONG_STATE DEADLINE_PASSED SQUAD_FULL TOO_MANY_SQUADS BANNED INVITE_INVALID
INVITE_EXPIRED INVITE_USED_UP LAST_OWNER HANDLE_TAKEN TARGET_UNAVAILABLE CONTENT_BLOCKED
CONTENT_NEEDS_CONFIRM QUOTA BATTLE_CLOSED BATTLE_NOT_SAFE_CARD ALREADY_VOTED TZ_CHANGE_TOO_SOON
CONSENT_REQUIRED INTERNAL"""


def test_inv_c2_the_codes_are_those_of_the_rulebook() -> None:
    assert [code.value for code in RefusalCode] == RULES_11.split()


def test_a_code_is_its_own_name() -> None:
    assert all(code.name == code.value for code in RefusalCode)


def test_a_refusal_carries_data_and_derives_its_text() -> None:
    refusal = Refusal(RefusalCode.QUOTA, "Later.", field="target", retry_after_ms=5, free="another")

    assert (refusal.code, refusal.message, refusal.field, refusal.retry_after_ms, refusal.free) == (
        RefusalCode.QUOTA,
        "Later.",
        "target",
        5,
        "another",
    )
    assert str(refusal) == "QUOTA: Later."
