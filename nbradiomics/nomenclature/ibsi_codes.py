"""The IBSI's codes of features, by PyRadiomics' names and by the IBSI's families.

The codes are those of the IBSI's reference manual (arXiv:1612.07003); the meanings are those under
which DICOM uses them as codes of the scheme IBSI (PS3.16), where it does.

Features whose value PyRadiomics defines in another way have no code here, whatever they are called; see
`WITHOUT_CODE`.
"""

from __future__ import annotations

#: Code and its meaning in DICOM, by class and feature of PyRadiomics.
IBSI_CODES: dict[str, tuple[str, str]] = {
    "shape_MeshVolume": ("RNU0", "Volume of Mesh"),
    "shape_VoxelVolume": ("YEKZ", "Volume from Voxel Summation"),
    "shape_SurfaceArea": ("C0JK", "Surface Area of Mesh"),
    "shape_SurfaceVolumeRatio": ("2PR5", "Surface to Volume Ratio"),
    "shape_Compactness1": ("SKGS", "Compactness 1"),
    "shape_Compactness2": ("BQWJ", "Compactness 2"),
    "shape_SphericalDisproportion": ("KRCK", "Spherical Disproportion"),
    "shape_Sphericity": ("QCFX", "Sphericity"),
    "shape_Maximum3DDiameter": ("L0JK", "Maximum 3D Diameter of a Mesh"),
    "shape_Elongation": ("Q3CK", "Elongation"),
    "shape_Flatness": ("N17B", "Flatness"),
    "firstorder_Mean": ("Q4LE", "Statistical mean"),
    "firstorder_Variance": ("ECT3", "Statistical variance"),
    "firstorder_Skewness": ("KE2A", "Statistical skewness"),
    "firstorder_Median": ("Y12H", "Statistical median"),
    "firstorder_Minimum": ("1GSF", "Statistical minimum"),
    "firstorder_10Percentile": ("QG58", "Statistical 10th percentile"),
    "firstorder_90Percentile": ("8DWT", "Statistical 90th percentile"),
    "firstorder_Maximum": ("84IY", "Statistical maximum"),
    "firstorder_InterquartileRange": ("SALO", "Statistical interquartile range"),
    "firstorder_Range": ("2OJQ", "Statistical range"),
    "firstorder_MeanAbsoluteDeviation": ("4FUA", "Statistical mean absolute deviation"),
    "firstorder_RobustMeanAbsoluteDeviation": ("1128", "Statistical robust mean absolute deviation"),
    "firstorder_Entropy": ("TLU2", "Intensity Histogram Entropy"),
    "firstorder_Uniformity": ("BJ5W", "Intensity Histogram Uniformity"),
    "glcm_MaximumProbability": ("GYBY", "Joint Maximum of GLCM"),
    "glcm_JointAverage": ("60VM", "Joint Average of GLCM"),
    "glcm_SumSquares": ("UR99", "Joint Variance of GLCM"),
    "glcm_JointEntropy": ("TU9B", "Joint Entropy of GLCM"),
    "glcm_DifferenceAverage": ("TF7R", "Difference Average of GLCM"),
    "glcm_DifferenceVariance": ("D3YU", "Difference Variance of GLCM"),
    "glcm_DifferenceEntropy": ("NTRS", "Difference Entropy of GLCM"),
    "glcm_SumAverage": ("ZGXS", "Sum Average of GLCM"),
    "glcm_SumEntropy": ("P6QZ", "Sum Entropy of GLCM"),
    "glcm_JointEnergy": ("8ZQL", "Angular Second Moment of GLCM"),
    "glcm_Contrast": ("ACUI", "Contrast of GLCM"),
    "glcm_Id": ("IB1Z", "Inverse Difference of GLCM"),
    "glcm_Idn": ("NDRX", "Normalized Inverse Difference of GLCM"),
    "glcm_Idm": ("WF0Z", "Inverse Difference Moment of GLCM"),
    "glcm_Idmn": ("1QCO", "Normalized Inverse Difference Moment of GLCM"),
    "glcm_InverseVariance": ("E8JP", "Inverse Variance of GLCM"),
    "glcm_Correlation": ("NI2N", "Correlation of GLCM"),
    "glcm_Autocorrelation": ("QWB0", "Autocorrelation of GLCM"),
    "glcm_ClusterTendency": ("DG8W", "Cluster Tendency of GLCM"),
    "glcm_ClusterShade": ("7NFM", "Cluster Shade of GLCM"),
    "glcm_ClusterProminence": ("AE86", "Cluster Prominence of GLCM"),
    "glcm_Imc1": ("R8DG", "First Measure of Information Correlation of GLCM"),
    "glcm_Imc2": ("JN9H", "Second Measure of Information Correlation of GLCM"),
    "glrlm_ShortRunEmphasis": ("22OV", "Short Runs Emphasis"),
    "glrlm_LongRunEmphasis": ("W4KF", "Long Runs Emphasis"),
    "glrlm_LowGrayLevelRunEmphasis": ("V3SW", "Low Gray Level Run Emphasis"),
    "glrlm_HighGrayLevelRunEmphasis": ("G3QZ", "High Gray Level Run Emphasis"),
    "glrlm_ShortRunLowGrayLevelEmphasis": ("HTZT", "Short Run Low Gray Level Emphasis"),
    "glrlm_ShortRunHighGrayLevelEmphasis": ("GD3A", "Short Run High Gray Level Emphasis"),
    "glrlm_LongRunLowGrayLevelEmphasis": ("IVPO", "Long Run Low Gray Level Emphasis"),
    "glrlm_LongRunHighGrayLevelEmphasis": ("3KUM", "Long Run High Gray Level Emphasis"),
    "glrlm_GrayLevelNonUniformity": ("R5YN", "Gray Level Nonuniformity in Runs"),
    "glrlm_GrayLevelNonUniformityNormalized": ("OVBL", "Normalized Gray Level Nonuniformity in Runs"),
    "glrlm_RunLengthNonUniformity": ("W92Y", "Run Length Nonuniformity"),
    "glrlm_RunLengthNonUniformityNormalized": ("IC23", "Normalized Run Length Nonuniformity"),
    "glrlm_RunPercentage": ("9ZK5", "Run Percentage"),
    "glrlm_GrayLevelVariance": ("8CE5", "Gray Level Variance in Runs"),
    "glrlm_RunVariance": ("SXLW", "Run Length Variance"),
    "glrlm_RunEntropy": ("HJ9O", "Run Entropy"),
    "glszm_SmallAreaEmphasis": ("5QRC", "Small Zone Emphasis"),
    "glszm_LargeAreaEmphasis": ("48P8", "Large Zone Emphasis"),
    "glszm_LowGrayLevelZoneEmphasis": ("XMSY", "Low Gray Level Zone Emphasis"),
    "glszm_HighGrayLevelZoneEmphasis": ("5GN9", "High Gray Level Zone Emphasis"),
    "glszm_SmallAreaLowGrayLevelEmphasis": ("5RAI", "Small Zone Low Gray Level Emphasis"),
    "glszm_SmallAreaHighGrayLevelEmphasis": ("HW1V", "Small Zone High Gray Level Emphasis"),
    "glszm_LargeAreaLowGrayLevelEmphasis": ("YH51", "Large Zone Low Gray Level Emphasis"),
    "glszm_LargeAreaHighGrayLevelEmphasis": ("J17V", "Large Zone High Gray Level Emphasis"),
    "glszm_GrayLevelNonUniformity": ("JNSA", "Gray Level Nonuniformity of Size Zone Counts"),
    "glszm_GrayLevelNonUniformityNormalized": (
        "Y1RO",
        "Normalized Gray Level Nonuniformity of Size Zone Counts",
    ),
    "glszm_SizeZoneNonUniformity": ("4JP3", "Zone Size Nonuniformity"),
    "glszm_SizeZoneNonUniformityNormalized": ("VB3A", "Normalized Zone Size Nonuniformity"),
    "glszm_ZonePercentage": ("P30P", "Size Zone Percentage"),
    "glszm_GrayLevelVariance": ("BYLV", "Gray Level Variance in Size Zones"),
    "glszm_ZoneVariance": ("3NSA", "Zone Size Variance"),
    "glszm_ZoneEntropy": ("GU8N", "Zone Size Entropy"),
    "ngtdm_Coarseness": ("QCDE", "Coarseness of NGTDM"),
    "ngtdm_Contrast": ("65HE", "Contrast of NGTDM"),
    "ngtdm_Busyness": ("NQ30", "Busyness of NGTDM"),
    "ngtdm_Complexity": ("HDEZ", "Complexity of NGTDM"),
    "ngtdm_Strength": ("1X9X", "Strength of NGTDM"),
    "gldm_SmallDependenceEmphasis": ("SODN", "Low dependence emphasis"),
    "gldm_LargeDependenceEmphasis": ("IMOQ", "High dependence emphasis"),
    "gldm_LowGrayLevelEmphasis": ("TL9H", "Low grey level count emphasis"),
    "gldm_HighGrayLevelEmphasis": ("OAE7", "High grey level count emphasis"),
    "gldm_SmallDependenceLowGrayLevelEmphasis": ("EQ3F", "Low dependence low grey level emphasis"),
    "gldm_SmallDependenceHighGrayLevelEmphasis": ("JA6D", "Low dependence high grey level emphasis"),
    "gldm_LargeDependenceLowGrayLevelEmphasis": ("NBZI", "High dependence low grey level emphasis"),
    "gldm_LargeDependenceHighGrayLevelEmphasis": ("9QMG", "High dependence high grey level emphasis"),
    "gldm_GrayLevelNonUniformity": ("FP8K", "Grey level non-uniformity of NGLDM"),
    "gldm_DependenceNonUniformity": ("Z87G", "Dependence count non-uniformity"),
    "gldm_DependenceNonUniformityNormalized": ("OKJI", "Dependence count non-uniformity normalized"),
    "gldm_GrayLevelVariance": ("1PFV", "Grey level variance of NGLDM"),
    "gldm_DependenceVariance": ("DNX2", "Dependence count variance"),
    "gldm_DependenceEntropy": ("FCBV", "Dependence count entropy"),
}

#: Why a feature of PyRadiomics has no code of the IBSI, by class and feature.
WITHOUT_CODE: dict[str, str] = {
    **dict.fromkeys(
        ("shape_MajorAxisLength", "shape_MinorAxisLength", "shape_LeastAxisLength"),
        "PyRadiomics divides the covariance by N, the IBSI's reference values by N - 1",
    ),
    **dict.fromkeys(
        (
            "shape_Maximum2DDiameterSlice",
            "shape_Maximum2DDiameterColumn",
            "shape_Maximum2DDiameterRow",
            "firstorder_TotalEnergy",
            "firstorder_StandardDeviation",
            "glcm_MCC",
        ),
        "the IBSI has no such feature",
    ),
    **dict.fromkeys(
        ("firstorder_Energy", "firstorder_RootMeanSquared"),
        "PyRadiomics adds voxelArrayShift to the intensities first",
    ),
    "firstorder_Kurtosis": "PyRadiomics does not subtract 3",
    **dict.fromkeys(
        (
            "glcm_SumVariance",
            "glcm_Dissimilarity",
            "glcm_Homogeneity1",
            "glcm_Homogeneity2",
            "gldm_GrayLevelNonUniformityNormalized",
            "gldm_DependencePercentage",
        ),
        "PyRadiomics no longer computes it",
    ),
}

#: Codes by family and feature, as ``feature=code``.
_FAMILIES = {
    "morph": (
        "volume=RNU0 vol_approx=YEKZ area_mesh=C0JK av=2PR5 comp_1=SKGS comp_2=BQWJ sph_dispr=KRCK "
        "sphericity=QCFX asphericity=25C7 com=KLMA diam=L0JK pca_maj_axis=TDIC pca_min_axis=P9VJ "
        "pca_least_axis=7J51 pca_elongation=Q3CK pca_flatness=N17B vol_dens_aabb=PBX1 "
        "area_dens_aabb=R59B vol_dens_ombb=ZH1A area_dens_ombb=IQYR vol_dens_aee=6BDE "
        "area_dens_aee=RDD2 vol_dens_mvee=SWZ1 area_dens_mvee=BRI8 vol_dens_conv_hull=R3ER "
        "area_dens_conv_hull=7T7F integ_int=99N0 moran_i=N365 geary_c=NPT7"
    ),
    "loc": ("peak_loc=VJGA peak_glob=0F91"),
    "stat": (
        "mean=Q4LE var=ECT3 skew=KE2A kurt=IPH6 median=Y12H min=1GSF p10=QG58 p90=8DWT max=84IY "
        "iqr=SALO range=2OJQ mad=4FUA rmad=1128 medad=N72L cov=7TET qcod=9S40 energy=N8CA rms=5ZWQ"
    ),
    "ih": (
        "mean=X6K6 var=CH89 skew=88K1 kurt=C3I7 median=WIFQ min=1PR8 p10=GPMT p90=OZ0C max=3NCY "
        "mode=AMMC iqr=WR0O range=5Z3W mad=D2ZX rmad=WRZB medad=4RNL cov=CWYJ qcod=SLWD entropy=TLU2 "
        "uniformity=BJ5W max_grad=12CE max_grad_g=8E6O min_grad=VQB3 min_grad_g=RHQZ"
    ),
    "ivh": ("v10=BC2M v90=BC2M i10=GBPN i90=GBPN diff_v10_v90=DDTU diff_i10_i90=CNV2 auc=9CMM"),
    "cm": (
        "joint_max=GYBY joint_avg=60VM joint_var=UR99 joint_entr=TU9B diff_avg=TF7R diff_var=D3YU "
        "diff_entr=NTRS sum_avg=ZGXS sum_var=OEEB sum_entr=P6QZ energy=8ZQL contrast=ACUI "
        "dissimilarity=8S9J inv_diff=IB1Z inv_diff_norm=NDRX inv_diff_mom=WF0Z inv_diff_mom_norm=1QCO "
        "inv_var=E8JP corr=NI2N auto_corr=QWB0 clust_tend=DG8W clust_shade=7NFM clust_prom=AE86 "
        "info_corr1=R8DG info_corr2=JN9H"
    ),
    "rlm": (
        "sre=22OV lre=W4KF lgre=V3SW hgre=G3QZ srlge=HTZT srhge=GD3A lrlge=IVPO lrhge=3KUM glnu=R5YN "
        "glnu_norm=OVBL rlnu=W92Y rlnu_norm=IC23 r_perc=9ZK5 gl_var=8CE5 rl_var=SXLW rl_entr=HJ9O"
    ),
    "szm": (
        "sze=5QRC lze=48P8 lgze=XMSY hgze=5GN9 szlge=5RAI szhge=HW1V lzlge=YH51 lzhge=J17V glnu=JNSA "
        "glnu_norm=Y1RO zsnu=4JP3 zsnu_norm=VB3A z_perc=P30P gl_var=BYLV zs_var=3NSA zs_entr=GU8N"
    ),
    "dzm": (
        "sde=0GBI lde=MB4I lgze=S1RA hgze=K26C sdlge=RUVG sdhge=DKNJ ldlge=A7WM ldhge=KLTH glnu=VFT7 "
        "glnu_norm=7HP3 zdnu=V294 zdnu_norm=IATH z_perc=VIWW gl_var=QK93 zd_var=7WT1 zd_entr=GBDU"
    ),
    "ngt": ("coarseness=QCDE contrast=65HE busyness=NQ30 complexity=HDEZ strength=1X9X"),
    "ngl": (
        "lde=SODN hde=IMOQ lgce=TL9H hgce=OAE7 ldlge=EQ3F ldhge=JA6D hdlge=NBZI hdhge=9QMG glnu=FP8K "
        "glnu_norm=5SPA dcnu=Z87G dcnu_norm=OKJI dc_perc=6XV8 gl_var=1PFV dc_var=DNX2 dc_entr=FCBV "
        "dc_energy=CAS9"
    ),
}
#: Code by family and feature, without the form of a texture: the forms of a feature share its code, and so do
#: the two places and the two parts of the intensity-volume histogram.
FAMILY_CODES: dict[str, str] = {
    f"{family}_{feature}": code
    for family, listed in _FAMILIES.items()
    for feature, code in (pair.split("=") for pair in listed.split())
}
