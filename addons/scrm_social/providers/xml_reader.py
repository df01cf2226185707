"""Read the platforms' small XML payloads without trusting them."""

from lxml import etree

from .errors import MalformedError

# A callback is a few kilobytes; a text message is at most 2048 bytes.
MAX_XML_BYTES = 256 * 1024


def read_flat_xml(payload: str | bytes) -> dict[str, str]:
    """Return the text of each direct child of the root, by tag.

    Children that have children themselves are returned as their XML text, so that nothing is
    lost. A document type declaration is refused: no entity is ever expanded and nothing is
    fetched. Raises MalformedError.
    """
    data = payload.encode() if isinstance(payload, str) else payload
    if len(data) > MAX_XML_BYTES:
        raise MalformedError("The XML is too large.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedError("The body is not XML.") from error
    if root.getroottree().docinfo.doctype:
        raise MalformedError("A document type declaration is not accepted.")
    values = {}
    for child in root:
        if not isinstance(child.tag, str):
            raise MalformedError("An entity reference is not accepted.")
        if len(child):
            values[child.tag] = etree.tostring(child, encoding="unicode", with_tail=False)
        else:
            values[child.tag] = child.text or ""
    return values
