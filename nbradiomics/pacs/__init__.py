"""From and to a PACS over DICOMweb: query, fetch, store."""
